/* The list of goods, and one article with its shelves. */

import { ask, count, html, itemLink, money, onClick, say } from "./dom.js";
import { addToCart } from "./cart.js";
import { timeToBuyAgain } from "./again.js";
import { forWhom, shelf } from "./shelves.js";
import { shopper } from "./shoppers.js";

export async function listPage(query, departments) {
  const word = query.get("q") ?? "";
  const department = query.get("in") ?? "";
  const page = (number) => ask(`api/items?${new URLSearchParams({ q: word, category: department, page: number })}`);
  const found = await page(1);
  const articles = count(found.total, "article");
  const person = shopper();
  const title = word ? `“${word}”` : department || (person && `Shopping as: ${person.label}`);
  const lead = title && (word || department ? articles : person.text);
  const again = word || department ? null : await timeToBuyAgain();
  const body = html`
    <section class="hero">
      <h1 tabindex="-1">${title || "For the stove, the table and the garden"}</h1>
      <p>${lead || `${articles}, and every shelf knows what goes with what.`}</p>
    </section>
    ${again}
    <nav class="chips" aria-label="Departments">
      ${["", ...departments].map((name) => chip(name, name === department, word))}
    </nav>
    <ul class="grid" aria-label="Goods">
      ${found.items.map(tile)}
    </ul>
    ${!found.total && html`<p class="empty">Nothing by that name. Try “mug”, “beans” or “gloves”.</p>`}
    ${found.pages > 1 && html`<button type="button" class="button quiet more">Show more</button>`}
  `;
  let shown = 1;
  onClick(body, ".more", async () => {
    const next = await page((shown += 1));
    const grid = document.querySelector(".grid");
    const first = grid.children.length;
    grid.append(...next.items.map(tile));
    document.querySelector(".more").hidden = shown >= next.pages;
    grid.children[first]?.querySelector("a").focus();
  });
  if (word) say(`${articles} for ${word}`);
  return { title: word || department || "Shop", body };
}

export async function itemPage(id) {
  const item = await ask(`api/items/${encodeURIComponent(id)}`).catch(() => null);
  if (!item) return { title: "Not found", body: nowhere() };
  const heading = await forWhom("Goes well with it");
  const [department, ...group] = (item.category ?? "").split(" > ");
  const body = html`
    <nav class="path" aria-label="Where you are">
      <a href="#/">Shop</a> › <a href="#/?${new URLSearchParams({ in: department })}">${department}</a>
      ${group.map((name) => ` › ${name}`)}
    </nav>
    <article class="product">
      <img class="picture" src="${item.image_link}" alt="" width="480" height="480" />
      <div>
        <p class="maker">${item.brand}</p>
        <h1 tabindex="-1">${item.title}</h1>
        <p class="price">${money(item.price)}</p>
        ${item.variants.length > 1 && variants(item)}
        ${
          item.in_stock
            ? html`<button type="button" class="button big add">Add to cart</button>`
            : html`<button type="button" class="button big" disabled>Sold out</button>`
        }
        <p class="small">${item.in_stock ? "In stock, sent today in imagination." : "Perhaps something below?"}</p>
      </div>
    </article>
    ${shelf({ type: "upsell", heading: "A step up", "item-id": id, n: 6, "list-id": "rec_pdp_upsell" })}
    ${shelf({ type: "cross_sell", heading, "item-id": id, "list-id": "rec_pdp_cross" })}
  `;
  onClick(body, ".add", () => addToCart(item));
  return { title: item.title, body };
}

const tile = (item) => html`
  <li>
    <a class="tile" href="${itemLink(item.item_id)}">
      <img src="${item.image_link}" alt="" loading="lazy" width="240" height="240" />
      <span class="maker">${item.brand}</span>
      <span class="title">${item.title ?? item.item_id}</span>
      <span class="foot">
        <b>${money(item.price)}</b>
        ${item.variants > 1 && html`<span class="small">${item.variants} versions</span>`}
      </span>
    </a>
  </li>
`;

const chip = (name, chosen, word) => html`
  <a href="#/?${new URLSearchParams({ in: name, q: word })}" aria-current="${chosen}">${name || "Everything"}</a>
`;

const variants = (item) => html`
  <div class="variants">
    <h2 class="small">Also as</h2>
    <ul>
      ${item.variants.map(
        (each) => html`
          <li>
            <a href="${itemLink(each.item_id)}" aria-current="${each.item_id === item.item_id}" title="${each.title}">
              <img src="${each.image_link}" alt="" width="56" height="56" />
              <span>${each.title?.split(", ").at(-1)}</span>
            </a>
          </li>
        `,
      )}
    </ul>
  </div>
`;

const nowhere = () => html`
  <h1 tabindex="-1">This article is not in the shop</h1>
  <p><a class="button" href="#/">Back to the shop</a></p>
`;
