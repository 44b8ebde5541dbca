/* The shelf that pages put up. */

import { remembers } from "./memory.js";
import { isKnown, shopper } from "./shoppers.js";

/** A `<recsvc-shelf>` of the chosen shopper, with a why-button on every item; seen and chosen items are remembered. A
    cart's shelf leaves out the ids in `exclude`. */
export function shelf(attributes, cart = null, exclude = []) {
  const element = document.createElement("recsvc-shelf");
  const events = remembers() ? "" : undefined;
  const asked = { n: 8, why: "", "customer-id": shopper()?.customer_id, events, ...attributes };
  for (const [name, value] of Object.entries(asked)) if (value !== undefined) element.setAttribute(name, value);
  if (cart) Object.assign(element, { exclude, cart });
  return element;
}

/** A heading that says for whom the shelf is ranked, where the shop knows them. */
export const forWhom = async (heading) => ((await isKnown()) ? `${heading}, for you` : heading);
