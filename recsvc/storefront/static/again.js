/* What the chosen shopper is due to buy again: `/customers/{id}/replenish`, as a shop's first page shows it. */

import { ask, count, html, itemLink, onClick } from "./dom.js";
import { addToCart } from "./cart.js";
import { shopper } from "./shoppers.js";

const DAY = 86_400_000;
const date = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", timeZone: "UTC" });

/** The section, null for a guest and where nothing is due. */
export async function timeToBuyAgain() {
  const person = shopper();
  if (!person) return null;
  const url = `/customers/${encodeURIComponent(person.customer_id)}/replenish?n=6&within_days=14`;
  const answer = await ask(url).catch(() => null);
  if (!answer?.items.length) return null;
  const body = html`
    <section class="panel" aria-labelledby="again-title">
      <h2 id="again-title">Time to buy again</h2>
      <ul class="rows">
        ${answer.items.map((item, place) => row(item, place, answer.as_of))}
      </ul>
      <p class="small">From this customer's own rhythm, counted on ${date.format(new Date(answer.as_of))}.</p>
    </section>
  `;
  onClick(body, "[data-place]", ({ place }) => {
    const item = answer.items[place];
    addToCart(item, whole(item.suggested_quantity));
  });
  return body;
}

const row = (item, place, today) => html`
  <li>
    <img src="${item.image_link}" alt="" width="72" height="72" />
    <div>
      <a href="${itemLink(item.item_id)}">${item.title ?? item.item_id}</a>
      <p class="small">${when(item, today)}. About every ${count(item.interval_days, "day")}.</p>
    </div>
    <button type="button" class="button quiet" data-place="${place}" aria-label="Add ${whole(item.suggested_quantity)} × ${item.title}">
      Add ${whole(item.suggested_quantity)}
    </button>
  </li>
`;

const whole = (quantity) => Math.max(1, Math.round(quantity));

/** The day it is due, and how far off that is. */
function when({ due_at }, today) {
  const days = Math.round((new Date(due_at) - new Date(today)) / DAY);
  const day = date.format(new Date(due_at));
  if (days === 0) return "Due today";
  return days > 0 ? `Due on ${day}, in ${count(days, "day")}` : `Was due on ${day}, ${count(-days, "day")} ago`;
}
