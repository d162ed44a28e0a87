// Predictions of the server that serves the page. The exported page has a predictor of its own.

// A request that hangs must not hold up the next ones for ever.
const PATIENCE = 10_000;
// What a gateway answers while there is no server behind it.
const AWAY = [502, 503, 504];

/** There is no answer now, but there may be one later. */
export class Unreachable extends Error {}

/** The rows cannot be predicted; the message says why. */
export class RefusedRows extends Error {}

/** Another version of the model answered than the one that the form was made for. */
export class ChangedModel extends Error {}

/**
 * predict(rows, isExplained) resolves to a list of
 *   {probabilities: {label: number}, decision: label, contributions: {column: number} | undefined}, or
 *   {value: number, contributions: ...} for a regression.
 */
export class ServerPredictor {
  constructor(description) {
    this.version = description.version;
    this.address = `../v1/models/${encodeURIComponent(description.model_name)}`;
    this.batch = Math.min(1000, description.max_rows);
  }

  async predict(rows, isExplained = false) {
    const predictions = [];
    for (let start = 0; start < rows.length; start += this.batch) {
      predictions.push(...(await this.ask(rows.slice(start, start + this.batch), isExplained)));
    }
    return predictions;
  }

  async ask(rows, isExplained) {
    const answer = await request(this.address + (isExplained ? ":explain" : ":predict"), {
      method: "POST",
      headers: {"content-type": "application/json"},
      body: JSON.stringify({instances: rows}),
    });
    if (answer.model_version !== this.version) throw new ChangedModel(answer.model_version);
    return answer.predictions.map((prediction) =>
      "value" in prediction ? prediction : {...prediction, decision: toLabel(prediction.decision)});
  }
}

/** Return what an address answers, from JSON. */
export async function request(address, options = {}) {
  let response, answer;
  try {
    response = await fetch(address, {...options, signal: AbortSignal.timeout(PATIENCE)});
    answer = AWAY.includes(response.status) ? null : await response.json();
  } catch (error) {
    throw new Unreachable(error.message);
  }
  if (answer === null) throw new Unreachable(response.statusText);
  if (!response.ok) throw new RefusedRows(answer.error ?? answer.detail ?? response.statusText);
  return answer;
}

// The keys of probabilities are texts, whatever the type of the classes is.
function toLabel(decision) {
  return typeof decision === "string" ? decision : JSON.stringify(decision);
}
