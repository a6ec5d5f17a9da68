// The page: one long poll (`watch`) brings all there is to show; each part shows what concerns it. Start here.

import { watch } from "/api.js";
import { showDesk, startDesk } from "/desk.js";
import { byId } from "/dom.js";
import { showGuide } from "/guide.js";
import { showPrinter, startPrinter } from "/printer.js";
import { startWire } from "/wire.js";

function connection(words, bad) {
  const line = byId("connection");
  if (line.textContent !== words) line.textContent = words;
  line.classList.toggle("bad", bad);
}

startPrinter();
startDesk();
startWire();
watch(
  (view) => {
    connection(view.state.power === "on" ? "The printer is on" : "The printer is switched off", false);
    showGuide(view);
    showPrinter(view);
    showDesk(view);
  },
  (error) => connection(error instanceof TypeError ? "The simulator does not answer; trying again …" : error.message, true),
);
