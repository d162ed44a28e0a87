// The page that a model server serves: its predictions come from that server.

import {start} from "./main.js";
import {request, ServerPredictor} from "./predictor.js";

const PAUSE = 1000;

async function load() {
  const description = await request("description.json");
  return {description, predictor: new ServerPredictor(description)};
}

async function loadAll() {
  const [loaded, en, de] = await Promise.all([load(), request("texts/en.json"), request("texts/de.json")]);
  start(loaded.description, loaded.predictor, {en, de}, load);
}

async function begin() {
  for (;;) {
    try {
      await loadAll();
      return;
    } catch (error) {
      console.warn(error);
      document.getElementById("unavailable").hidden = false;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

begin();
