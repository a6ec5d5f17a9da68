// The control API as this page uses it. GET /api on this server documents all of it.

import { tell } from "/dom.js";

const PAUSE_MS = 40; // between two answers of a watch: faster than that nobody sees
const LONGEST_BACKOFF_MS = 10000;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function request(method, path, options = {}) {
  const answer = await fetch(path, { method, ...options });
  if (!answer.ok) {
    const { error } = await answer.json().catch(() => ({ error: `The simulator answered ${answer.status}` }));
    throw new Error(error);
  }
  return answer;
}

let restartWatch = () => {};

/** Make a state-changing call; what went wrong is told at the foot of the page. True when it was done. */
export async function call(method, path, body, contentType = "application/json") {
  const options = {};
  if (method !== "DELETE") {
    options.headers = { "Content-Type": contentType };
    options.body = contentType === "application/json" && !(body instanceof Blob) ? JSON.stringify(body ?? {}) : body;
  }
  try {
    await request(method, path, options);
  } catch (error) {
    tell(error instanceof TypeError ? "The simulator does not answer" : error.message, true);
    return false;
  }
  if (!["/api/key", "/api/touch", "/api/type"].includes(path)) restartWatch();
  return true;
}

/** Call `see(view)` with all that there is to show, now and whenever something changed. */
export async function watch(see, trouble) {
  let after = -1;
  let backoffMs = 500;
  for (;;) {
    const giveUp = new AbortController();
    restartWatch = () => {
      after = -1;
      giveUp.abort();
    };
    try {
      const answer = await request("GET", `/api/watch${after < 0 ? "" : `?after=${after}`}`, {
        signal: giveUp.signal,
      });
      const view = await answer.json();
      after = view.version;
      backoffMs = 500;
      see(view);
      await sleep(PAUSE_MS);
    } catch (error) {
      if (giveUp.signal.aborted) continue;
      after = -1;
      trouble(error);
      await sleep(backoffMs);
      backoffMs = Math.min(2 * backoffMs, LONGEST_BACKOFF_MS);
    }
  }
}

export async function panelPicture() {
  const answer = await request("GET", "/api/panel.png");
  return createImageBitmap(await answer.blob());
}

/** Call `see(events)` with what went over the wire after number `after`, until `signal` is aborted. */
export async function followTrace(after, signal, see) {
  const answer = await request("GET", `/api/trace?follow=1&after=${after}`, { signal });
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    if (lines.length) see(lines.map((line) => JSON.parse(line)));
  }
}
