// The strip at the top: three steps to the first mail, then the three codes. It ticks itself off from the state.

import { call } from "/api.js";
import { changePassword, outside } from "/desk.js";
import { byId, copyable, el, show } from "/dom.js";

const DAY_S = 86400;
const OPENED = "scanpost-mailbox-opened";

const strong = (words) => el("strong", {}, words);
const isMail = (job) => job.kind === "email" || job.kind === "my-email";

let view = null;

// --- the three steps ---

function signInStep({ device, attempt, links, admin, adminPassword }) {
  if (attempt?.state === "GRANTED") {
    return ["Signed in, but the printer does not have it yet: press ", strong("OK"), " in ", outside(links.web_config, "Web Config"), "."];
  }
  if (attempt?.state === "WAITING") {
    return [
      "Enter ", copyable(attempt.user_code, "the code"), " on the ", outside(attempt.verification_uri || links.signin, "sign-in page"),
      admin ? ` as ${admin}` : "", ", tick “Consent on behalf of your organization” and accept.",
    ];
  }
  if (device?.state === "SIGNED_IN") return ["Signed in as ", strong(device.address), "."];
  return [
    "Open ", outside(links.web_config, "Web Config"), ", log in with the password on the label, ", copyable(adminPassword, "the administrator password"),
    ". At Network › Email Server › Basic choose OAuth2, press ", strong("Sign In"), ", then ", strong("Sign in with Microsoft"), ".",
  ];
}

function sendStep({ lying, mail, powered, signedIn }) {
  if (!powered) return ["Switch the printer on."];
  if (mail?.status === "sending" || mail?.status === "waiting") return [`Sending to ${mail.to} …`];
  if (mail?.status === "sent") return ["Sent to ", strong(mail.to), "."];
  if (mail?.status === "failed" && signedIn && lying) return [`Code ${mail.code}: ${mail.detail}. Mend that, and send again.`];
  if (!lying) return ["Put a document on the glass: drop one, or take a sample."];
  return ["On the display choose ", strong("Scan to Email"), ", enter who shall get it, and press ", strong("Send"), "."];
}

function readStep({ sentTo, links }) {
  const opened = () => {
    sessionStorage.setItem(OPENED, "yes");
    showGuide(view);
  };
  const link = outside(links.mailboxes, "Mailboxes");
  link.addEventListener("click", opened);
  return sentTo ? ["Open ", link, ` and look at the mail to ${sentTo}.`] : ["It arrives in one of the ", link, "."];
}

function step(number, title, done, current, words) {
  return el(
    "li",
    { class: done ? "done" : current ? "current" : "", "aria-current": current ? "step" : null },
    el("span", { class: "mark", "aria-hidden": "true" }, done ? "✓" : String(number)),
    el("div", {}, el("h3", {}, title, done ? el("span", { class: "unseen" }, " (done)") : null), el("p", {}, words)),
  );
}

function steps(facts) {
  const sent = Boolean(facts.sentTo);
  const done = [facts.signedIn || sent, sent, sent && facts.opened];
  const current = done.indexOf(false);
  return [
    step(1, "Sign the printer in", done[0], current === 0, signInStep(facts)),
    step(2, "Scan and send", done[1], current === 1, sendStep(facts)),
    step(3, "Read the mail", done[2], current === 2, readStep(facts)),
  ];
}

// --- the three codes ---

const button = (words, act) => {
  const made = el("button", { type: "button" }, words);
  made.addEventListener("click", async () => {
    made.disabled = true;
    await act();
    made.disabled = false;
  });
  return made;
};

async function cupboard() {
  const wasOn = view.state.power === "on";
  if (wasOn && !(await call("POST", "/api/power", { state: "off" }))) return;
  const travelled = await call("POST", "/api/clock", { advance_s: 91 * DAY_S });
  if (wasOn || travelled) await call("POST", "/api/power", { state: "on" });
}

const STORIES = {
  360: {
    title: "not signed in",
    tell: ({ links }) => [
      el("p", {}, "There is no saved sign-in: the printer was never signed in, somebody signed it out, or somebody signed in and did not press OK. ",
        "A fresh printer shows 360 at once. One that is signed in shows it after ", strong("Sign Out"), " in ", outside(links.web_config, "Web Config"), "."),
      el("p", {}, "Try the trap: sign in with Microsoft again, leave the page without OK, and send. The page said Signed in; the printer never got it."),
      el("p", { class: "mend" }, "Mend it: sign in, and press OK."),
    ],
  },
  361: {
    title: "the sign-in has expired",
    tell: () => [
      el("p", {}, "A refresh token that nobody uses for 90 days runs out. A printer that is on refreshes its sign-in each week by itself, so this happens ",
        "to one that stood in a cupboard, or whose keep-alive is off."),
      el("p", {}, button("Switch off, let 91 days pass, switch on", cupboard), " and then send a document."),
      el("p", { class: "mend" }, "Mend it: sign in again."),
    ],
  },
  370: {
    title: "sign in again",
    tell: ({ device }) => [
      el("p", {}, "The sign-in has not run out, but the cloud refuses it and only a person can mend that: a new password, revoked sign-ins, a disabled account, a policy. ",
        "The printer notices when it next refreshes, at the latest when its access token of about an hour is used up."),
      device?.address
        ? el("p", {}, button(`Change the password of ${device.address}`, async () => {
            if (await changePassword(device.address)) await call("POST", "/api/clock", { advance_s: 2 * 3600 });
          }), " and let two hours pass, then send a document.")
        : el("p", {}, "Sign the printer in first."),
      el("p", { class: "mend" }, "Mend it: sign in again, with the new password (see People)."),
    ],
  },
};

let openStory = null;

function codeChips(seen) {
  return Object.entries(STORIES).map(([code, story]) =>
    el(
      "button",
      {
        type: "button", class: seen.includes(Number(code)) ? "code done" : "code", "aria-expanded": String(openStory === code),
        "aria-controls": "code-story", data: { key: `code ${code}` },
        onclick: () => {
          openStory = openStory === code ? null : code;
          showGuide(view);
        },
      },
      strong(code), ` ${story.title}`, seen.includes(Number(code)) ? el("span", {}, " ✓", el("span", { class: "unseen" }, " seen")) : null,
    ),
  );
}

export function showGuide(newView) {
  view = newView;
  const { state, accounts, links, label } = view;
  const device = state.accounts.device;
  const mails = state.jobs.filter(isMail);
  const facts = {
    device: device && { state: device.state, address: device.address },
    attempt: state.signin,
    links,
    admin: accounts.find((account) => (account.roles ?? []).some((role) => /admin/i.test(role)))?.address,
    adminPassword: label.admin_password,
    lying: Boolean(state.document),
    mail: mails[0] && { status: mails[0].status, to: mails[0].to, code: mails[0].code, detail: mails[0].detail },
    sentTo: mails.find((job) => job.status === "sent")?.to,
    powered: state.power === "on",
    signedIn: device?.state === "SIGNED_IN",
    opened: sessionStorage.getItem(OPENED) === "yes",
  };
  show("steps", facts, steps);
  const seen = state.jobs.map((job) => job.code).filter((code) => code in STORIES);
  show("codes", { seen, openStory }, () => codeChips(seen));
  byId("code-story").hidden = openStory === null;
  if (openStory !== null) show("code-story", { openStory, links, device: facts.device }, () => STORIES[openStory].tell(facts));
}
