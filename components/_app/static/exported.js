// The page of an exported model: the app, with a predictor that evaluates the model in the page.

import {loadPredictor} from "./evaluator/local_predictor.js";
import {start} from "./main.js";

async function begin() {
  const [description, model, texts] = ["description", "model", "texts"].map(
    (id) => JSON.parse(document.getElementById(id).textContent),
  );
  const predictor = await loadPredictor(model, description);
  start(description, predictor, texts);
  // For who calls the model from the browser's console.
  globalThis.predictor = predictor;
}

begin().catch((error) => {
  const notice = document.getElementById("unavailable");
  notice.hidden = false;
  notice.append(error.message);
});
