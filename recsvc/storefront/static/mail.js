/* The e-mail that a customer's picks make, and what a mail tool gets to make it from. */

import { ask, html, itemLink, money, onClick } from "./dom.js";
import { note, remembers } from "./memory.js";
import { shopper } from "./shoppers.js";
import { explain } from "./why.js";

const SILENCE = {
  no_model: "no version is published",
  nothing_to_show: "nothing is in stock that may be shown",
  cooled_down: "all that might be shown was shown, turned down or bought lately",
  nothing_worth_sending: "only bestsellers are left, and this customer's taste is known",
  frequency_cap: "this customer has had enough mail for now",
  pause: "the last mail is too recent",
  no_consent: "the customer has not agreed to it",
  state_unavailable: "the memory does not answer, so nobody knows what was shown",
};

/** `again` draws the page anew after a pick was turned down. */
export async function mailPage(again) {
  const person = shopper();
  const url = `/customers/${encodeURIComponent(person?.customer_id ?? "guest")}/picks?n=4`;
  const answer = await ask(url);
  const body = html`
    <h1 tabindex="-1">What their e-mail would show</h1>
    <p>${person?.text ?? "Nobody known: choose above who is shopping."}</p>
    <p class="verdict">${verdict(answer)}</p>
    <div class="beside">
      ${answer.items.length ? mail(answer, person) : html`<p class="empty">There is nothing to show.</p>`}
      <details>
        <summary>What the mail tool gets</summary>
        <p><code>GET ${url}</code></p>
        <pre tabindex="0" aria-label="The answer">${JSON.stringify(answer, null, 2)}</pre>
      </details>
    </div>
  `;
  body.querySelector("details").open = matchMedia("(min-width: 64rem)").matches; // there is room for it
  onClick(body, "[data-place]", ({ place }) => explain(answer.items[place], answer));
  onClick(body, "[data-refuse]", async ({ refuse }) => {
    await note("declined", { item_id: refuse, channel: "email", recommendation_id: answer.recommendation_id });
    await again();
    document.querySelector("h1").focus();
  });
  return { title: "E-mail picks", body };
}

/** `send` and `send_reason` in a sentence. */
function verdict({ send, send_reason, next_eligible_at }) {
  if (send) return html`<b>Send it.</b> There is something in it for this customer.`;
  const next = next_eligible_at ? ` Ask again from ${next_eligible_at.slice(0, 10)}.` : "";
  return html`<b>Do not send it today:</b> ${SILENCE[send_reason] ?? send_reason}.${next}`;
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
    <div class="acts">
      ${reason && html`<button type="button" class="link" data-place="${place}" aria-label="Why ${title}?">Why this?</button>`}
      ${
        remembers() &&
        shopper() &&
        html`<button type="button" class="link" data-refuse="${item_id}" aria-label="Not interested in ${title}">
          Not interested
        </button>`
      }
    </div>
  </li>
`;

function subject(answer) {
  const due = answer.items.find((item) => item.reason?.code === "due_again");
  if (due) return `Running low? ${due.title}`;
  return answer.source === "personal" ? "Picked for you" : "What others like just now";
}
