/* The demo shop's pages. They ask the service's real /recommend and picks, as a shop would; the small /shop/api only
   lists goods. Nothing is fetched from elsewhere. */

import { ask, count, html, onClick } from "./dom.js";
import { cartPage, tellCart } from "./cart.js";
import { itemPage, listPage } from "./goods.js";
import { mailPage } from "./mail.js";
import { memoryIs } from "./memory.js";
import { welcome } from "./shoppers.js";
import { closeDrawer } from "./why.js";

const main = document.querySelector("#main");
const search = document.querySelector("#search");
let departments = [];
let turn = 0;

/** Draw the page that the address names. Pages may be asked for faster than they come: only the last is shown. */
async function draw() {
  const mine = (turn += 1);
  const [path, rest] = location.hash.slice(1).split("?");
  const query = new URLSearchParams(rest);
  closeDrawer();
  mark(path);
  if (document.activeElement !== search) search.value = query.get("q") ?? "";
  const { title, body } = await page(path, query).catch(trouble);
  if (mine !== turn) return;
  document.title = `${title} · Fold & Ember`;
  main.replaceChildren(body);
}

async function page(path, query) {
  if (path.startsWith("/item/")) return itemPage(decodeURIComponent(path.slice("/item/".length)));
  if (path === "/cart") return cartPage(draw);
  if (path === "/mail") return mailPage(draw);
  return listPage(query, departments);
}

function trouble(error) {
  const body = html`
    <h1 tabindex="-1">The shop does not answer</h1>
    <p>${error.message}</p>
    <button type="button" class="button">Try again</button>
  `;
  onClick(body, "button", draw);
  return { title: "Trouble", body };
}

function mark(path) {
  for (const link of document.querySelectorAll("header nav a")) {
    link.setAttribute("aria-current", link.hash === `#${path}` ? "page" : "false");
  }
}

/** A new page is read from its heading on, unless somebody is still typing. */
async function arrive() {
  await draw();
  if (document.activeElement === search) return;
  scrollTo(0, 0);
  main.querySelector("h1")?.focus({ preventScroll: true });
}

function listen() {
  let typing = 0;
  const look = () => {
    clearTimeout(typing);
    location.hash = `#/?${new URLSearchParams({ q: search.value.trim() })}`;
  };
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(look, 180);
  });
  search.form.addEventListener("submit", (event) => {
    event.preventDefault();
    look();
  });
  addEventListener("hashchange", () => {
    clearTimeout(typing); // whoever opened a page meanwhile does not want to be called back to a list
    arrive();
  });
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address names a page, so it cannot name a place on one
    main.focus();
  });
}

async function open() {
  tellCart();
  listen();
  const shop = await ask("api/shop").catch(() => null); // where it does not answer, the page will say so
  departments = shop?.departments ?? [];
  memoryIs(shop?.remembers ?? false);
  welcome(shop?.shoppers ?? [], draw);
  if (shop?.version) {
    const seen = [count(shop.orders, "order"), count(shop.customers, "customer"), count(shop.items, "article")];
    document.querySelector("#facts").textContent = `Learnt from ${seen.join(", ")}; version ${shop.version}.`;
  }
  await draw();
}

open();
