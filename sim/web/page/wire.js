// The trace: what the printer and the cloud say to each other, streamed while somebody looks.

import { followTrace } from "/api.js";
import { byId, el } from "/dom.js";

const MOST_LINES = 500;
const RETRY_MS = 2000;

const wire = byId("wire");
const lines = byId("wire-lines");
let last = 0;
let stop = null;

function words(event) {
  const { n, at, where, ...rest } = event;
  const values = Object.entries(rest);
  if (values.length === 1 && typeof values[0][1] === "string") return values[0][1];
  return values.map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`).join(" · ");
}

function line(event) {
  const text = words(event);
  const time = /T(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/.exec(event.at ?? "")?.[1] ?? "";
  return el(
    "li",
    { title: event.at ?? "", data: { where: event.where ?? "" } },
    el("time", {}, time), el("b", {}, event.where ?? ""), el("span", {}, text),
  );
}

function filter() {
  const wanted = byId("wire-filter").value.toLowerCase();
  for (const item of lines.children) item.hidden = wanted !== "" && !item.textContent.toLowerCase().includes(wanted);
}

function add(events) {
  if (!events.length) return;
  const atEnd = lines.scrollTop + lines.clientHeight >= lines.scrollHeight - 20;
  lines.append(...events.slice(-MOST_LINES).map(line));
  last = events.at(-1).n;
  while (lines.children.length > MOST_LINES) lines.firstChild.remove();
  filter();
  if (atEnd) lines.scrollTop = lines.scrollHeight;
}

async function follow() {
  stop = new AbortController();
  const { signal } = stop;
  while (!signal.aborted) {
    try {
      await followTrace(last, signal, add);
    } catch {
      if (signal.aborted) return;
      last = 0; // a new start counts anew
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

export function startWire() {
  wire.addEventListener("toggle", () => (wire.open ? follow() : stop?.abort()));
  byId("wire-filter").addEventListener("input", filter);
  byId("wire-clear").addEventListener("click", () => lines.replaceChildren());
}
