/* What the shop tells the service's memory, where it keeps one: orders, and picks that were turned down. */

import { shopper } from "./shoppers.js";

let kept = false;

/** Whether anything is remembered; `yes` comes from the service, once. */
export const remembers = () => kept;
export const memoryIs = (yes) => (kept = yes);

/** One event, whoever is shopping being its customer. */
export async function note(type, event) {
  const named = { event_id: crypto.getRandomValues(new Uint32Array(4)).join("-"), type, ...event };
  const response = await fetch("/events", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ events: [{ customer_id: shopper()?.customer_id, ...named }] }),
  });
  const answer = response.ok ? await response.json() : {};
  if (answer.accepted !== 1) throw new Error(answer.rejected?.[0]?.message ?? `/events answered ${response.status}`);
}
