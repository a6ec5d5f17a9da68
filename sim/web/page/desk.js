// What stands around the printer: places, sign-in, clock, people, the organization's switches, and the jobs.

import { call } from "/api.js";
import { copyable, byId, el, show } from "/dom.js";

const DAY_S = 86400;
const PLACES = {
  web_config: ["Web Config", "the printer's own pages: network, email server, sign-in"],
  signin: ["Sign-in page", "where a person enters the code that the printer shows"],
  mailboxes: ["Mailboxes", "what arrived, and for whom"],
  faxes: ["Faxes", "what the fax providers have taken"],
};

export const outside = (href, ...words) => el("a", { href, target: "_blank", rel: "noopener" }, ...words);

// --- time ---

const dateFormat = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: "UTC",
});
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
const timeFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC",
});

export const day = (unixS) => dayFormat.format(unixS * 1000);

function span(seconds) {
  const days = Math.floor(seconds / DAY_S);
  if (days >= 2) return `${days} days`;
  const hours = Math.floor(seconds / 3600);
  if (hours >= 2) return `${hours} hours`;
  return `${Math.max(1, Math.round(seconds / 60))} minutes`;
}

let clock = null;
let clockSeenMs = 0;

function tick() {
  if (clock) byId("clock").textContent = `${dateFormat.format(clock.now_s * 1000 + performance.now() - clockSeenMs)} UTC`;
}

function showClock(state) {
  clock = state.clock;
  clockSeenMs = performance.now();
  tick();
  const notes = [];
  notes.push(
    Math.abs(clock.offset_s) < 60
      ? "The printer and the cloud share this time."
      : `The printer and the cloud are ${span(clock.offset_s)} ahead of your computer.`,
  );
  if (clock.device_drift_s) notes.push(`The printer's own clock is wrong by ${clock.device_drift_s} s.`);
  byId("clock-note").textContent = notes.join(" ");
}

export function travelButton(words, seconds) {
  const button = el("button", { type: "button" }, words);
  button.addEventListener("click", async () => {
    button.disabled = true;
    await call("POST", "/api/clock", { advance_s: seconds });
    button.disabled = false;
  });
  return button;
}

export function startDesk() {
  byId("travel").append(travelButton("+1 h", 3600), travelButton("+1 day", DAY_S), travelButton("+91 days", 91 * DAY_S));
  setInterval(tick, 1000);
}

// --- sign-in ---

const ACCOUNT_WORDS = {
  SIGNED_OUT: ["Not signed in", "off"],
  SIGNED_IN: ["Signed in", "good"],
  EXPIRED: ["Sign-in expired · 361", "bad"],
  REAUTH: ["Sign in again · 370", "bad"],
};
const ATTEMPT_WORDS = {
  REQUESTING: "The printer is asking for a code …",
  WAITING: "Waiting for a person to enter the code",
  GRANTED: "Signed in, not yet saved: press OK in Web Config",
  DECLINED: "The person declined",
  CODE_EXPIRED: "The code ran out: ask for a new one",
  BLOCKED: "A policy of the organization blocks this sign-in",
  FAILED: "The sign-in failed",
};

function accountName(name) {
  if (name === "device") return "Printer";
  if (name === "fax") return "Fax server";
  return name.replace(/^user:/, "User ");
}

function signin({ accounts, attempt }) {
  const rows = Object.entries(accounts).map(([name, account]) => {
    const [words, mood] = ACCOUNT_WORDS[account.state] ?? [account.state, "off"];
    const details = [];
    if (account.address) details.push(account.address);
    if (account.state === "SIGNED_IN" && account.good_until_s) details.push(`good until ${day(account.good_until_s)}`);
    if (account.reason) details.push(account.reason);
    return el(
      "div",
      { class: "account" },
      el("strong", {}, accountName(name)),
      el("span", { class: `state ${mood}` }, words),
      details.map((line) => el("p", { class: "note" }, line)),
    );
  });
  if (!rows.length) rows.push(el("p", { class: "note" }, "The printer has not said anything about its sign-in yet."));
  if (attempt) {
    rows.push(
      el(
        "div",
        { class: "attempt" },
        attempt.state === "WAITING" && attempt.user_code ? el("span", { class: "user-code" }, copyable(attempt.user_code, "the code")) : null,
        el("p", {}, ATTEMPT_WORDS[attempt.state] ?? attempt.state),
        attempt.state === "WAITING" && attempt.verification_uri ? el("p", {}, outside(attempt.verification_uri, "Open the sign-in page")) : null,
      ),
    );
  }
  return rows;
}

// --- people ---

export async function changePassword(address) {
  const digits = crypto.getRandomValues(new Uint16Array(1))[0] % 9000;
  return call("PATCH", `/api/users/${encodeURIComponent(address)}`, { password: `New-Passw0rd-${1000 + digits}` });
}

function toggle(words, note, on, change, key) {
  const box = el("input", { type: "checkbox", role: "switch", checked: on, data: { key } });
  box.addEventListener("change", async () => {
    if (!(await change(box.checked))) box.checked = !box.checked;
  });
  return el("label", { class: "toggle" }, box, el("span", {}, words, note ? el("small", {}, note) : null));
}

function choice(words, options, current, change, key) {
  const select = el(
    "select",
    { data: { key } },
    options.map(([value, label]) => el("option", { value: JSON.stringify(value), selected: value === current }, label)),
  );
  select.addEventListener("change", () => change(JSON.parse(select.value)));
  return el("label", { class: "choice" }, words, select);
}

function person({ address, password, roles, user }) {
  const patch = (change) => call("PATCH", `/api/users/${encodeURIComponent(address)}`, change);
  const revoke = () => call("POST", `/api/users/${encodeURIComponent(address)}/revoke`, {});
  return el(
    "div",
    { class: "person" },
    copyable(address, address),
    roles?.length ? el("span", { class: "roles" }, roles.join(", ")) : null,
    password ? el("span", { class: "password" }, copyable(password, `the password of ${address}`)) : null,
    el(
      "details",
      { data: { key: `more ${address}` } },
      el("summary", { data: { key: `summary ${address}` } }, "Change", el("span", { class: "unseen" }, ` ${address}`)),
      el(
        "div",
        { class: "chips" },
        el("button", { type: "button", onclick: () => changePassword(address), data: { key: `password ${address}` } }, "New password"),
        el("button", { type: "button", onclick: revoke, data: { key: `revoke ${address}` } }, "Revoke sign-ins"),
      ),
      user && typeof user.enabled === "boolean"
        ? toggle("Account enabled", "", user.enabled, (enabled) => patch({ enabled }), `enabled ${address}`)
        : null,
      user && "smtp_auth" in user
        ? choice("SMTP AUTH", [[null, "as the organization says"], [true, "on"], [false, "off"]], user.smtp_auth,
            (value) => patch({ smtp_auth: value }), `smtp ${address}`)
        : null,
    ),
  );
}

function people({ accounts, users }) {
  return accounts.map((account) => person({ ...account, user: users.find((user) => user.address === account.address) }));
}

// --- the organization ---

function tenant(switches) {
  const patch = (change) => call("PATCH", "/api/tenant", change);
  return [
    toggle("Security defaults", "on in a new organization; while on, no printer may send by SMTP", switches.security_defaults,
      (on) => patch({ security_defaults: on }), "security_defaults"),
    toggle("SMTP AUTH", "off in a new organization; a mailbox of its own may differ", !switches.smtp_auth_disabled,
      (on) => patch({ smtp_auth_disabled: !on }), "smtp_auth_disabled"),
    choice("Sign-in frequency", [[null, "no limit"], [3600, "every hour"], [DAY_S, "every day"], [7 * DAY_S, "every 7 days"]],
      switches.sign_in_frequency_s ?? null, (value) => patch({ sign_in_frequency_s: value }), "sign_in_frequency_s"),
    el("p", { class: "note" },
      "A switch that is off refuses the mail with a code of its own. The sign-in stays: switch it on and the next mail goes."),
  ];
}

// --- jobs ---

const KINDS = { email: "Email", "my-email": "Scan to My Email", fax: "Fax", sheet: "Status sheet" };

function jobs(list) {
  if (!list.length) return el("p", { class: "note" }, "No jobs yet. What the printer sends or prints is listed here, with its code when it fails.");
  const rows = list.map((job) =>
    el(
      "tr",
      { class: `job-${job.status}` },
      el("td", {}, timeFormat.format(job.created_s * 1000)),
      el("td", {}, KINDS[job.kind] ?? job.kind),
      el("td", { class: "to" }, job.to ?? ""),
      el("td", {}, el("span", { class: `status ${job.status}` }, job.status)),
      el("td", { class: "code" }, job.code === null || job.code === undefined ? "" : String(job.code).padStart(3, "0")),
      el("td", { class: "detail" }, job.detail ?? ""),
    ),
  );
  const head = ["When (UTC)", "What", "To", "Status", "Code", "Details"].map((words) => el("th", { scope: "col" }, words));
  return el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
}

export function showDesk({ state, tenant: switches, users, accounts, links }) {
  showClock(state);
  show("places", links, () => [
    ...Object.entries(links)
      .filter(([name, href]) => href && PLACES[name])
      .map(([name, href]) => el("p", { class: "place" }, outside(href, PLACES[name][0]), el("small", {}, PLACES[name][1]))),
    el("p", { class: "place" }, el("a", { href: "/api" }, "Control API"), el("small", {}, "all of this for your programs")),
  ]);
  show("signin", { accounts: state.accounts, attempt: state.signin }, signin);
  show("people", { accounts, users }, people);
  show("tenant", switches, tenant);
  show("jobs", state.jobs, jobs);
}
