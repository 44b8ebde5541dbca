/* <recsvc-shelf>: a shelf of recommendations for any shop page. No dependencies; copy this one file.

   <script type="module" src="/recsvc-shelf.js"></script>
   <recsvc-shelf type="cross_sell" item-id="D100" heading="Goes well with"></recsvc-shelf>

   It stays invisible when the answer is empty, wrong or late. More: docs/how-to/put-the-shelf-on-a-page.md */

const STYLE = `
:host { display: block; font: inherit; color: inherit; }
:host([hidden]) { display: none; }
h2 { font-size: 1.25em; margin: 0 0 .6em; }
ul { display: grid; grid-auto-flow: column; grid-auto-columns: var(--recsvc-card, 11.5em); gap: var(--recsvc-gap, 1em);
  list-style: none; margin: 0 -4px; padding: 4px; scroll-padding: 4px; overflow-x: auto; scroll-snap-type: x proximity;
  overscroll-behavior-x: contain; }
li { scroll-snap-align: start; display: flex; flex-direction: column; }
a { color: inherit; text-decoration: none; display: flex; flex-direction: column; gap: .3em; flex: 1; }
a:hover .title { text-decoration: underline; }
:focus-visible { outline: 3px solid var(--recsvc-focus, #1b5e8a); outline-offset: 2px; }
img, .no-image { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: var(--recsvc-radius, 10px);
  background: #eee9df; }
.title { font-size: .92em; line-height: 1.35; }
.price { font-weight: 600; }
.delta, .reason { font-size: .82em; color: var(--recsvc-muted, #5c5a55); }
button { font: inherit; font-size: .82em; align-self: start; background: none; border: 0; color: inherit;
  text-decoration: underline; padding: .5em .3em .5em 0; min-height: 32px; cursor: pointer; }`;

const PARAMETERS = {
  type: "type",
  n: "n",
  "customer-id": "customer_id",
  fallback: "fallback",
  consent: "consent",
  "min-price": "min_price",
  "max-price": "max_price",
};

/** Who asks, in the address, so that the browser need not ask beforehand. */
const CREDENTIALS = {
  key: "key",
  token: "token",
};

class RecsvcShelf extends HTMLElement {
  static observedAttributes = ["endpoint", "item-id", "heading", ...Object.keys(CREDENTIALS), ...Object.keys(PARAMETERS)];

  /** Beside a cart: ids that stay out; set it first. */
  exclude;
  #cart = null;
  #asked = null;
  #seen = null;
  #due = false;

  /** Lines of a cart, `[{item_id, quantity}]`: set it and the shelf asks by POST; `item-id` is then not used. */
  set cart(lines) {
    this.#cart = lines;
    this.#plan();
  }
  get cart() {
    return this.#cart;
  }

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [sheet];
  }

  connectedCallback() {
    this.hidden = true;
    this.#plan();
  }
  disconnectedCallback() {
    this.#asked?.abort();
    this.#seen?.disconnect();
  }
  attributeChangedCallback() {
    this.#plan();
  }

  /** Several attributes set in one go make one request. */
  #plan() {
    if (this.#due || !this.isConnected) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      if (this.isConnected) this.#load();
    });
  }

  async #load() {
    this.#asked?.abort();
    const asked = (this.#asked = new AbortController());
    const ids = (this.getAttribute("item-id") ?? "").split(/\s+/).filter(Boolean);
    if (!this.#cart?.length && !ids.length) return this.#hide("nothing_asked");
    const timer = setTimeout(() => asked.abort("late"), Number(this.getAttribute("timeout") ?? 1500));
    try {
      const [url, wish] = this.#request(ids);
      const response = await fetch(url, { ...wish, signal: asked.signal });
      const answer = response.ok ? await response.json() : {};
      if (asked !== this.#asked) return;
      const items = answer[this.#type] ?? [];
      if (items.length) this.#show(items, answer);
      else this.#hide(answer.empty_reason ?? `status_${response.status}`);
    } catch (error) {
      if (asked === this.#asked) this.#hide(asked.signal.aborted ? "late" : "unreachable");
    } finally {
      clearTimeout(timer);
    }
  }

  get #type() {
    return this.getAttribute("type") ?? "cross_sell";
  }

  #request(ids) {
    const wish = { type: this.#type, ...this.#said(PARAMETERS) };
    if (!this.#cart) return [this.#address([...ids.map((id) => ["item_id", id]), ...Object.entries(wish)])];
    wish.n &&= Number(wish.n);
    wish.fallback &&= wish.fallback === "true";
    const cart = this.#cart.map(({ item_id, quantity }) => ({ item_id, quantity }));
    return [this.#address(), post({ cart, exclude: this.exclude, ...wish })];
  }

  #address(wish = []) {
    const query = new URLSearchParams([...wish, ...Object.entries(this.#said(CREDENTIALS))]).toString();
    return `${this.#base}/recommend${query && "?"}${query}`;
  }

  get #base() {
    return (this.getAttribute("endpoint") ?? "").replace(/\/$/, "");
  }

  /** The attributes that say something, by the service's names. */
  #said(names) {
    const given = Object.entries(names).filter(([attribute]) => this.getAttribute(attribute));
    return Object.fromEntries(given.map(([attribute, name]) => [name, this.getAttribute(attribute)]));
  }

  #hide(reason) {
    this.hidden = true;
    this.shadowRoot.replaceChildren();
    this.#fire("recsvc-empty", { reason });
  }

  #fire(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { bubbles: true, cancelable: true, detail }));
  }

  #show(items, answer) {
    const name = this.getAttribute("heading") ?? "";
    const list = make("ul", { part: "list" }, ...items.map((item, index) => this.#card(item, index, answer)));
    if (name) list.setAttribute("aria-label", name);
    this.shadowRoot.replaceChildren(...(name ? [make("h2", { part: "heading" }, name)] : []), list);
    this.hidden = false;
    this.#fire("recsvc-filled", { items, answer });
    this.#seen?.disconnect();
    const seen = (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#seen.disconnect();
      this.#report("view_item_list", items, answer);
    };
    this.#seen = new IntersectionObserver(seen, { threshold: 0.5 });
    this.#seen.observe(list);
  }

  #card(item, index, answer) {
    const detail = { item, answer, index };
    const image = item.image_link
      ? make("img", { src: item.image_link, alt: "", loading: "lazy", width: 200, height: 200 })
      : make("span", { class: "no-image" });
    const link = make(
      "a",
      { part: "link", href: address(item.link) },
      image,
      text("title", item.title ?? item.item_id),
    );
    if (item.price) link.append(text("price", money(item.price.amount, item.price.currency)));
    if (item.price_delta) {
      const more = `${money(item.price_delta, item.price?.currency)} more`;
      link.append(text("delta", more));
    }
    if (this.hasAttribute("reasons") && item.reason) link.append(text("reason", item.reason.text));
    link.addEventListener("click", (click) => {
      this.#report("select_item", [item], answer, index);
      if (!this.#fire("recsvc-select", detail)) click.preventDefault();
    });
    const card = make("li", { part: "card" }, link);
    if (item.source) card.part.add(item.source);
    if (this.hasAttribute("why") && item.reason) {
      const label = `Why ${item.title ?? item.item_id}?`;
      const why = make("button", { type: "button", part: "why", "aria-label": label }, "Why this?");
      why.addEventListener("click", () => this.#fire("recsvc-why", detail));
      card.append(why);
    }
    return card;
  }

  /** GA4, by `gtag` where there is one, else by Tag Manager's `dataLayer`, else to nobody. */
  #report(event, items, answer, first = 0) {
    this.#tell(event === "select_item" ? "click" : "impression", items, answer);
    const listId = this.getAttribute("list-id") ?? `recsvc_${this.#type}`;
    const ecommerce = {
      item_list_id: listId,
      item_list_name: this.getAttribute("heading") ?? listId,
      currency: items[0].price?.currency ?? undefined,
      items: items.map((item, index) => ({
        item_id: item.item_id,
        item_name: item.title ?? item.item_id,
        item_brand: item.brand ?? undefined,
        index: first + index,
        price: item.price ? Number(item.price.amount) : undefined,
      })),
    };
    if (typeof window.gtag === "function") window.gtag("event", event, ecommerce);
    else if (Array.isArray(window.dataLayer)) window.dataLayer.push({ ecommerce: null }, { event, ecommerce });
  }

  /** With `events` the service hears it too. */
  #tell(type, items, answer) {
    if (!this.hasAttribute("events")) return;
    const event = {
      event_id: crypto.getRandomValues(new Uint32Array(4)).join("-"),
      type,
      items: items.map((item) => item.item_id),
      recommendation_id: answer.recommendation_id,
      channel: "web",
      ...this.#said({ "customer-id": "customer_id", consent: "consent", "list-id": "placement" }),
    };
    fetch(`${this.#base}/events`, { ...post({ events: [event] }), keepalive: true }).catch(() => {});
  }
}

function post(body) {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

function make(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const text = (name, said) => make("span", { class: name, part: name }, said);

/** A link out of a catalogue may lead to a page, never run a script. */
function address(link) {
  const url = URL.canParse(link ?? "", location.href) ? new URL(link ?? "", location.href) : location;
  return link && /^https?:$/.test(url.protocol) ? link : "#";
}

function money(amount, currency) {
  const style = currency ? { style: "currency", currency } : { minimumFractionDigits: 2 };
  return new Intl.NumberFormat(document.documentElement.lang || undefined, style).format(Number(amount));
}

customElements.define("recsvc-shelf", RecsvcShelf);
