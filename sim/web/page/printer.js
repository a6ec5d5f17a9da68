// The drawn printer: display, keys, glass, tray, label and power switch.

import { call, panelPicture } from "/api.js";
import { byId, copyable, el, show, tell } from "/dom.js";

const KEYS = {
  ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right",
  Enter: "ok", Escape: "back", Home: "home", Backspace: "backspace",
};
const HELD_S = 0.3; // what is held for longer is told as held
const MOST_HELD_S = 10;
const LARGEST_BYTES = 40 * 1024 * 1024;

const display = byId("display");
const screen = byId("screen");
let powered = false;

// One after the other, in the order of the presses.
let pressed = Promise.resolve();
const press = (path, body) => (pressed = pressed.then(() => call("POST", path, body)));

// --- display ---

let drawn = -1;
let wanted = -1;
let drawing = false;

async function draw(version) {
  wanted = version;
  if (drawing) return;
  drawing = true;
  try {
    while (drawn !== wanted && powered) {
      const next = wanted;
      const picture = await panelPicture();
      if (screen.width !== picture.width || screen.height !== picture.height) {
        screen.width = picture.width;
        screen.height = picture.height;
      }
      screen.getContext("2d").drawImage(picture, 0, 0);
      picture.close();
      drawn = next;
    }
  } catch {
    drawn = -1; // the watch tells that the simulator is gone; it draws again when it is back
  } finally {
    drawing = false;
  }
}

function pixel(event) {
  const box = screen.getBoundingClientRect();
  const along = (at, start, length, pixels) => Math.max(0, Math.min(pixels - 1, Math.floor(((at - start) / length) * pixels)));
  return {
    x: along(event.clientX, box.left, box.width, screen.width),
    y: along(event.clientY, box.top, box.height, screen.height),
  };
}

function startDisplay() {
  screen.addEventListener("click", (event) => powered && press("/api/touch", pixel(event)));
  display.addEventListener("keydown", (event) => {
    const altGraph = event.getModifierState("AltGraph");
    if (event.isComposing || event.metaKey || ((event.ctrlKey || event.altKey) && !altGraph)) return;
    const key = KEYS[event.key] ?? ([...event.key].length === 1 ? event.key : null);
    if (!key || !powered) return;
    event.preventDefault();
    press("/api/key", { key });
  });
  display.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text").trim();
    event.preventDefault();
    if (text && powered) press("/api/type", { text });
  });
  for (const button of document.querySelectorAll("[data-press]")) {
    let down = 0;
    button.addEventListener("pointerdown", () => (down = performance.now()));
    button.addEventListener("click", (event) => {
      const held_s = event.pointerType ? (performance.now() - down) / 1000 : 0; // the keyboard clicks without holding
      press("/api/key", { key: button.dataset.press, ...(held_s >= HELD_S && { held_s: Math.min(held_s, MOST_HELD_S) }) });
    });
  }
}

// --- glass ---

async function lay(file) {
  if (file.size > LARGEST_BYTES) {
    tell(`${file.name} is too big for the glass`, true);
    return;
  }
  await call("PUT", `/api/scanner?name=${encodeURIComponent(file.name)}`, file, file.type || "application/octet-stream");
}

function startGlass() {
  const glass = byId("glass");
  const over = (on) => (event) => {
    event.preventDefault();
    glass.classList.toggle("over", on);
  };
  glass.addEventListener("dragenter", over(true));
  glass.addEventListener("dragover", over(true));
  glass.addEventListener("dragleave", over(false));
  glass.addEventListener("drop", (event) => {
    over(false)(event);
    const [file] = event.dataTransfer.files;
    if (file) lay(file);
  });
  // A document that misses the glass must not replace the page.
  for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => event.preventDefault());
  byId("file").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) await lay(file);
  });
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

function onGlass(lying) {
  if (!lying) return el("p", { class: "empty" }, "Drop a document on the glass");
  const kind = (lying.content_type.split("/")[1] ?? "").replace(/^x-|[;+].*$/g, "").slice(0, 5).toUpperCase();
  return el(
    "div",
    { class: "sheet" },
    el("span", { class: "kind", "aria-hidden": "true" }, kind || "?"),
    el("span", { class: "name" }, lying.name),
    el("span", { class: "size" }, size(lying.size)),
    el("button", { type: "button", onclick: () => call("DELETE", "/api/scanner") }, "Take it away"),
  );
}

// --- tray ---

function openSheet(id) {
  const image = byId("sheet-image");
  image.src = `/api/paper/${id}.png`;
  image.alt = `Sheet ${id}`;
  byId("sheet").showModal();
}

function tray(papers) {
  if (!papers.length) return el("p", { class: "note" }, "Nothing printed yet.");
  return [...papers].reverse().map(({ id }) =>
    el(
      "button",
      { type: "button", class: "thumb", title: `Sheet ${id}`, onclick: () => openSheet(id), data: { key: `paper ${id}` } },
      el("img", { src: `/api/paper/${id}.png`, alt: `Sheet ${id}`, loading: "lazy" }),
    ),
  );
}

function startTray() {
  const troubles = [["No paper", "media-empty"], ["Paper jam", "media-jam"], ["Cover open", "cover-open"]].map(([words, kind]) =>
    el("button", { type: "button", onclick: () => call("POST", "/api/faults", { where: "printer", kind }) }, words),
  );
  const mend = el("button", { type: "button", title: "Ends every fault", onclick: () => call("DELETE", "/api/faults") }, "Mend");
  byId("troubles").append(...troubles, mend);
}

// --- all of it ---

export function startPrinter() {
  startDisplay();
  startGlass();
  startTray();
  byId("power").addEventListener("click", () => call("POST", "/api/power", { state: powered ? "off" : "on" }));
}

export function showPrinter({ version, state, label, samples }) {
  powered = state.power === "on";
  byId("printer").dataset.power = state.power;
  byId("printer").dataset.scanning = state.jobs.some((job) => job.status === "sending");
  byId("power").setAttribute("aria-checked", powered);
  for (const button of document.querySelectorAll("[data-press]")) button.disabled = !powered;
  const [width] = state.panel.size;
  byId("printer").style.setProperty("--panel-width", `${width >= 320 ? width : 2 * width}px`);
  byId("display-words").textContent = powered ? state.panel.words.join(". ") : "The printer is switched off.";
  if (powered) {
    draw(version);
  } else {
    drawn = -1;
    screen.getContext("2d").clearRect(0, 0, screen.width, screen.height);
  }
  show("on-glass", state.document ?? null, onGlass);
  show("samples", samples, () =>
    samples.map(({ name, title }) =>
      el("button", { type: "button", title: name, onclick: () => call("POST", "/api/scanner", { sample: name }) }, title),
    ),
  );
  show("paper", state.paper, tray);
  show("label", label, () => [
    el("dt", {}, "Model"), el("dd", {}, label.model),
    el("dt", {}, "Serial number"), el("dd", {}, label.serial),
    el("dt", {}, "Administrator password"), el("dd", {}, copyable(label.admin_password, "the administrator password")),
  ]);
}
