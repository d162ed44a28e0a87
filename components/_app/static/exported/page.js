// The exported page: its model is in it, and every answer is computed here.

import { loadPredictor } from "../evaluator/local_predictor.js";
import { showAnswer, showFault } from "./answer.js";
import { buildForm } from "./form.js";

const description = readJson("description");
const model = readJson("model");
const [form, answer, list] = ["form", "answer", "contributions"].map((id) => document.getElementById(id));

start();

async function start() {
  try {
    const predictor = await loadPredictor(model);
    const readRow = buildForm(form, description.columns, model.columns.map(({ usual }) => usual));
    form.addEventListener("input", () => update(predictor, readRow));
    await update(predictor, readRow);
    // For who calls the model from the browser's console.
    globalThis.predictor = predictor;
  } catch (error) {
    showFault(answer, list, `The model cannot be loaded in this browser: ${error.message}`);
  }
}

async function update(predictor, readRow) {
  try {
    const [prediction] = await predictor.predict([readRow()], true);
    showAnswer(answer, list, prediction, description);
  } catch (error) {
    showFault(answer, list, error.message);
  }
}

function readJson(id) {
  return JSON.parse(document.getElementById(id).textContent);
}
