/* The cart's upsells: for a line at most one dearer article to take instead, and what the cart then costs more. */

import { html, itemLink, money, onClick } from "./dom.js";
import { shopper } from "./shoppers.js";
import { explain } from "./why.js";

/** The section, null where nothing is better, and the items offered; `swap(line's id, item)` hears what is taken. */
export async function swaps(lines, swap) {
  const answer = await upsells(lines).catch(() => null);
  const offers = (answer?.upsell ?? []).slice(0, 3);
  if (!offers.length) return { panel: null, offers };
  const titles = new Map(lines.map((line) => [line.item_id, line.title]));
  const panel = html`
    <section class="panel" aria-labelledby="swaps-title">
      <h2 id="swaps-title">A step up for your cart</h2>
      <ul class="rows">
        ${offers.map((item, place) => row(item, place, titles.get(item.swap_for)))}
      </ul>
    </section>
  `;
  onClick(panel, "[data-swap]", ({ swap: place }) => swap(offers[place].swap_for, offers[place]));
  onClick(panel, "[data-why]", ({ why: place }) => explain(offers[place], answer));
  return { panel, offers };
}

async function upsells(lines) {
  const response = await fetch("/recommend", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      type: "upsell",
      cart: lines.map(({ item_id, quantity }) => ({ item_id, quantity })),
      customer_id: shopper()?.customer_id,
      fallback: false,
    }),
  });
  if (!response.ok) throw new Error(`/recommend answered ${response.status}`);
  return response.json();
}

const row = (item, place, instead) => html`
  <li>
    <img src="${item.image_link}" alt="" width="72" height="72" />
    <div>
      <a href="${itemLink(item.item_id)}">${item.title ?? item.item_id}</a>
      <p class="small">Instead of ${instead}</p>
      <p class="delta">${difference(item)}</p>
    </div>
    <div class="acts">
      <button type="button" class="button quiet" data-swap="${place}" aria-label="Swap for ${item.title}">Swap</button>
      ${
        item.reason &&
        html`<button type="button" class="link" data-why="${place}" aria-label="Why ${item.title}?">Why this?</button>`
      }
    </div>
  </li>
`;

/** Of the whole cart, quantity and all; a merchant's own link may lead down. */
function difference({ cart_delta, price }) {
  if (cart_delta === undefined) return null;
  const amount = Math.abs(Number(cart_delta));
  return `${money({ amount, currency: price?.currency })} ${Number(cart_delta) < 0 ? "less" : "more"} for your cart`;
}
