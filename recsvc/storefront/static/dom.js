/* Small helpers of the demo shop's pages. */

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** html`<b>${text}</b>` as a fragment: texts are escaped, nodes are put in as they are, null and false leave nothing. */
export function html(strings, ...values) {
  const nodes = [];
  const put = (value) => {
    if (value === null || value === undefined || value === false) return "";
    if (Array.isArray(value)) return value.map(put).join("");
    if (!(value instanceof Node)) return String(value).replace(/[&<>"']/g, (character) => ESCAPES[character]);
    nodes.push(value);
    return `<i data-slot="${nodes.length - 1}"></i>`;
  };
  const template = document.createElement("template");
  template.innerHTML = strings.reduce((text, part, index) => text + put(values[index - 1]) + part).trim();
  for (const slot of template.content.querySelectorAll("[data-slot]")) slot.replaceWith(nodes[slot.dataset.slot]);
  return template.content;
}

/** Listen to clicks on what `selector` finds inside `fragment`; the handler gets the element's `data-…`. */
export function onClick(fragment, selector, handler) {
  for (const element of fragment.querySelectorAll(selector)) {
    element.addEventListener("click", () => handler(element.dataset));
  }
}

export async function ask(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}

/** `{amount, currency}` as a shop writes it; nothing where there is no price. */
export function money(price) {
  if (!price) return "";
  const style = price.currency ? { style: "currency", currency: price.currency } : { minimumFractionDigits: 2 };
  return new Intl.NumberFormat("en", style).format(Number(price.amount));
}

export const count = (n, one) => `${n.toLocaleString("en")} ${one}${n === 1 ? "" : "s"}`;

export const itemLink = (id) => `#/item/${encodeURIComponent(id)}`;

/** Tell those who listen rather than look. */
export function say(text) {
  document.querySelector("#status").textContent = text;
}

/* What the browser keeps between visits; private windows may refuse, and the page goes on. */

export function recall(key, fallback) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    /* as said */
  }
}
