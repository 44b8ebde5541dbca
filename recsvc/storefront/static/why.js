/* The why-drawer: what the service itself gives as evidence, in words and one drawing. */

import { ask, count, html, money, onClick } from "./dom.js";

const drawer = document.querySelector("#why");
const SOURCES = {
  learned: "learnt from the shop's orders",
  fallback: "a bestseller, to fill the shelf",
  manual: "set by the shop",
  promoted: "promoted by the shop",
};

addEventListener("recsvc-why", ({ detail }) => explain(detail.item, detail.answer));
drawer.addEventListener("click", (event) => event.target === drawer && drawer.close());

export const closeDrawer = () => drawer.close();

/** Open the drawer for an `item` of an `answer`. */
export async function explain(item, answer) {
  const { reason } = item;
  const id = reason.because_item_id;
  const because = id && id !== item.item_id && (await ask(`api/items/${encodeURIComponent(id)}`).catch(() => null));
  const body = html`
    <header>
      <h2 id="why-title">Why this?</h2>
      <button type="button" class="close" aria-label="Close">×</button>
    </header>
    <div class="pair">${because && [thumb(because), joint(item.price_delta ? "→" : "+")]} ${thumb(item)}</div>
    <p class="reason">${reason.text}.</p>
    ${shareOf(reason)}
    <dl>
      ${rows(item, reason.evidence ?? {}).map(
        ([term, text]) =>
          html`<dt>${term}</dt>
            <dd>${text}</dd>`,
      )}
    </dl>
    <p class="small">Answer ${answer.recommendation_id}, from version ${answer.model_version}.</p>
  `;
  onClick(body, ".close", closeDrawer);
  drawer.replaceChildren(body);
  drawer.showModal();
}

const joint = (sign) => html`<span class="joint" aria-hidden="true">${sign}</span>`;

const thumb = ({ image_link, title }) => html`
  <figure>
    <img src="${image_link}" alt="" width="96" height="96" />
    <figcaption>${title}</figcaption>
  </figure>
`;

/** Of the orders with the first article those that also hold the second, of its buyers those who changed to it. */
function shareOf({ code, evidence: said }) {
  if (code === "upgrade") return bar(said?.customers_switched, said?.customers_with_item, "its buyers chose this later");
  return bar(said?.orders_together, said?.orders_with_item, "its orders");
}

/** A share as a sentence and a bar; nothing where it is not told, or nobody. */
function bar(part, whole, what) {
  if (!whole || part === undefined || (part === 0 && what !== "its orders")) return null;
  const share = (100 * part) / whole;
  const drawn = html`
    <div class="evidence">
      <p>
        <b>${share >= 9.5 ? Math.round(share) : share.toFixed(1)} %</b> of ${what}: ${part.toLocaleString("en")} of
        ${whole.toLocaleString("en")}
      </p>
      <div class="bar" aria-hidden="true"><span></span></div>
    </div>
  `;
  drawn.querySelector(".bar span").style.width = `${Math.min(100, Math.max(1, share))}%`;
  return drawn;
}

function rows(item, { lift, window_days, own_orders, interval_days, days_since }) {
  const found = [];
  if (lift) {
    const times = lift >= 10 ? Math.round(lift) : lift;
    found.push([
      "Against chance",
      lift > 1 ? `${times} times as often as at random` : `${lift}: no oftener than at random`,
    ]);
  }
  if (window_days) found.push(["Looked at", `${count(window_days, "day")} of orders`]);
  if (own_orders) {
    const rhythm = `about every ${count(Math.round(interval_days), "day")}, last ${count(days_since, "day")} ago`;
    found.push(["This customer", `bought it ${count(own_orders, "time")}, ${rhythm}`]);
  }
  if (item.price_delta)
    found.push(["Costs more by", money({ amount: item.price_delta, currency: item.price?.currency })]);
  if (item.source) found.push(["Source", SOURCES[item.source] ?? item.source]);
  if (item.score !== undefined) found.push(["Score", `${item.score} (comparable within this answer only)`]);
  return found;
}
