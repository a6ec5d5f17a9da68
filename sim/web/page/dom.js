// Making and replacing elements. All text goes in as text, never as HTML: names of documents and mails are anybody's.

/** An element: properties whose names begin with "on" are listeners, "data" is its dataset, the rest are attributes. */
export function el(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const byId = (id) => document.getElementById(id);

const shown = new Map();

/**
 * Fill the element `id` with what `render(data)` gives, but only when `data` changed: what a person is reading stays.
 * Focus, and details that are open, are found again by their `data-key`.
 */
export function show(id, data, render) {
  const text = JSON.stringify(data);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  const element = byId(id);
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const open = [...element.querySelectorAll("details[open]")].map((details) => details.dataset.key);
  element.replaceChildren(...[render(data)].flat());
  for (const details of element.querySelectorAll("details")) {
    if (open.includes(details.dataset.key)) details.open = true;
  }
  if (focused) element.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

let hideMessage;

/** One line at the foot of the page, for a while. */
export function tell(sentence, bad = false) {
  const message = byId("message");
  message.textContent = sentence;
  message.classList.toggle("bad", bad);
  message.hidden = false;
  clearTimeout(hideMessage);
  hideMessage = setTimeout(() => (message.hidden = true), bad ? 8000 : 3000);
}

/** A text with a button that copies it. */
export function copyable(text, what) {
  const shownText = el("code", {}, text);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      tell(`Copied: ${what}`);
    } catch {
      getSelection().selectAllChildren(shownText);
      tell("Selected: copy it with the keyboard");
    }
  };
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", "M9 9h10v11H9zM15 9V4H5v11h4");
  icon.append(path);
  const button = el(
    "button",
    { type: "button", class: "copy", "aria-label": `Copy ${what}`, title: `Copy ${what}`, onclick: copy, data: { key: `copy ${what}` } },
    icon,
  );
  return el("span", { class: "copyable" }, shownText, button);
}
