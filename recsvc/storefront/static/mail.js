/* The e-mail that a customer's picks make, and what a mail tool gets to make it from. */

import { ask, html, itemLink, money, onClick } from "./dom.js";
import { shopper } from "./shoppers.js";
import { explain } from "./why.js";

export async function mailPage() {
  const person = shopper();
  const url = `/customers/${encodeURIComponent(person?.customer_id ?? "guest")}/picks?n=4`;
  const answer = await ask(url);
  const body = html`
    <h1 tabindex="-1">What their e-mail would show</h1>
    <p>${person?.text ?? "Nobody known: choose above who is shopping."}</p>
    <div class="beside">
      ${answer.items.length ? mail(answer, person) : html`<p class="empty">No mail today (${answer.send_reason}).</p>`}
      <details>
        <summary>What the mail tool gets</summary>
        <p><code>GET ${url}</code></p>
        <pre tabindex="0" aria-label="The answer">${JSON.stringify(answer, null, 2)}</pre>
      </details>
    </div>
  `;
  body.querySelector("details").open = matchMedia("(min-width: 64rem)").matches; // there is room for it
  onClick(body, "[data-place]", ({ place }) => explain(answer.items[place], answer));
  return { title: "E-mail picks", body };
}

const mail = (answer, person) => html`
  <article class="mail" aria-label="The e-mail">
    <header>
      <p><span>From</span> Fold &amp; Ember</p>
      <p><span>To</span> ${person?.label ?? "A guest"}</p>
      <p><span>Subject</span> <b>${subject(answer)}</b></p>
    </header>
    <div class="letter">
      <p class="brand">Fold <span>&amp;</span> Ember</p>
      <p>
        ${
          answer.source === "personal"
            ? "We looked at what you bought lately, and thought of these:"
            : "Others like these just now:"
        }
      </p>
      <ul>
        ${answer.items.map(pick)}
      </ul>
    </div>
  </article>
`;

const pick = ({ item_id, title, price, image_link, reason }, place) => html`
  <li>
    <a href="${itemLink(item_id)}">
      <img src="${image_link}" alt="" width="200" height="200" />
      <span class="title">${title}</span>
      <b>${money(price)}</b>
    </a>
    <p class="reason">${reason?.text}</p>
    ${reason && html`<button type="button" class="link" data-place="${place}" aria-label="Why ${title}?">Why this?</button>`}
  </li>
`;

function subject(answer) {
  const due = answer.items.find((item) => item.reason?.code === "due_again");
  if (due) return `Running low? ${due.title}`;
  return answer.source === "personal" ? "Picked for you" : "What others like just now";
}
