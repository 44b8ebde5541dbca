/* The cart: lines kept in the browser, and their page. */

import { count, html, itemLink, money, onClick, recall, remember, say } from "./dom.js";
import { note, remembers } from "./memory.js";
import { forWhom, shelf } from "./shelves.js";
import { swaps } from "./swaps.js";

const CART = "recsvc-demo-cart";
let lines = recall(CART, []);

export function addToCart({ item_id, title, price, image_link }, quantity = 1) {
  const line = lines.find((each) => each.item_id === item_id);
  if (line) line.quantity += quantity;
  else lines.push({ item_id, title, price, image_link, quantity });
  keep();
  say(`${title} is in your cart`);
}

/** The number on the cart's button, in figures and in words. */
export function tellCart() {
  const n = lines.reduce((sum, line) => sum + line.quantity, 0);
  document.querySelector("#cart-count").textContent = n;
  document.querySelector("#cart-words").textContent = n ? `, ${count(n, "item")}` : ", empty";
}

/** `again` draws the page anew after a change. */
export async function cartPage(again) {
  if (!lines.length) return { title: "Cart", body: empty() };
  const { currency } = lines[0].price ?? {};
  const { panel, offers } = await swaps(lines, async (id, item) => {
    exchange(id, item);
    await again();
    document.querySelector("h1").focus();
  });
  const heading = await forWhom("Before you go");
  const total = lines.reduce((sum, line) => sum + line.quantity * Number(line.price?.amount ?? 0), 0);
  const body = html`
    <h1 tabindex="-1">Your cart</h1>
    <ul class="lines">
      ${lines.map(row)}
    </ul>
    <p class="total">Total <b>${money({ amount: total, currency })}</b></p>
    ${remembers() && html`<p class="order"><button type="button" class="button big buy">Order, in imagination</button></p>`}
    ${panel} ${shelf({ type: "cross_sell", heading, "list-id": "rec_cart" }, lines, offers.map((item) => item.item_id))}
  `;
  onClick(body, ".buy", async () => {
    await note("purchase", { items: lines.map(({ item_id, quantity }) => ({ item_id, quantity })) });
    lines = [];
    keep();
    await again();
    say("Thank you. The shop remembers it.");
    document.querySelector("h1").focus();
  });
  onClick(body, "[data-by]", async ({ id, by }) => {
    change(id, Number(by));
    await again();
    const button = document.querySelector(`[data-id="${CSS.escape(id)}"][data-by="${by}"]`);
    (button ?? document.querySelector("h1")).focus();
  });
  return { title: "Cart", body };
}

function change(id, by) {
  const line = lines.find((each) => each.item_id === id);
  line.quantity += by;
  lines = lines.filter((each) => each.quantity > 0);
  keep();
  say(line.quantity ? `${line.title}: ${line.quantity}` : `${line.title} was taken out`);
}

/** Another article in a line's place, as many of it. */
function exchange(id, { item_id, title, price, image_link }) {
  const { quantity } = lines.find((each) => each.item_id === id);
  const there = lines.find((each) => each.item_id === item_id);
  if (there) there.quantity += quantity;
  lines = lines.flatMap((line) => {
    if (line.item_id !== id) return [line];
    return there ? [] : [{ item_id, title, price, image_link, quantity }];
  });
  keep();
  say(`${title} is in your cart instead`);
}

function keep() {
  remember(CART, lines);
  tellCart();
}

const row = ({ item_id, title, price, image_link, quantity }) => html`
  <li>
    <img src="${image_link}" alt="" width="88" height="88" />
    <a href="${itemLink(item_id)}">${title}</a>
    <span class="steps">
      <button type="button" data-id="${item_id}" data-by="-1" aria-label="One ${title} less">−</button>
      <output>${quantity}</output>
      <button type="button" data-id="${item_id}" data-by="1" aria-label="One ${title} more">+</button>
    </span>
    <b>${price && money({ amount: quantity * Number(price.amount), currency: price.currency })}</b>
  </li>
`;

const empty = () => html`
  <h1 tabindex="-1">Your cart is empty</h1>
  <p><a class="button" href="#/">To the shop</a></p>
`;
