/* Who is shopping: the demo's customers, and the switch between them. */

import { ask, recall, remember, say } from "./dom.js";

const SHOPPER = "recsvc-demo-shopper";
const choice = document.querySelector("#shopper");
let shoppers = [];

/** The chosen one as `{customer_id, label, text}`, null for a guest. */
export const shopper = () => shoppers.find((person) => person.customer_id === choice.value) ?? null;

const known = new Map();

/** Whether the shop has orders of the chosen one; asked once for each. */
export async function isKnown() {
  const id = shopper()?.customer_id;
  if (id === undefined) return false;
  if (!known.has(id)) {
    const answer = await ask(`/customers/${encodeURIComponent(id)}/replenish?n=1`).catch(() => null);
    known.set(id, answer !== null && !["unknown_customer", "no_model"].includes(answer.empty_reason));
  }
  return known.get(id);
}

/** Fill the switch, choose whoever shopped last time, and call `changed` when somebody else takes over. */
export function welcome(people, changed) {
  shoppers = people;
  choice.append(...people.map((person) => new Option(person.label, person.customer_id)));
  choice.value = recall(SHOPPER, "");
  if (choice.selectedIndex < 0) choice.value = "";
  choice.addEventListener("change", () => {
    remember(SHOPPER, choice.value);
    say(`Shopping as: ${shopper()?.label ?? "a guest"}`);
    changed();
  });
}
