// A file on its way through the tab Batch: checked, predicted, ready. The browser keeps it; the server does not.

import {request} from "./predictor.js";

const AWAY = [502, 503, 504];

/** What went wrong, as a key of the texts, or in the server's own words. */
class Failure extends Error {
  constructor(key, message = "", remedy = "") {
    super(message);
    this.key = key;
    this.remedy = remedy;
  }
}

/**
 * phase: "empty", "checking", "checked", "predicting" or "done".
 * failure: a Failure, if the last step failed; the phase is then the one before it.
 * progress: {sent, of} bytes while a file is sent, {rows, of} while rows are predicted, else null.
 */
export class BatchSession {
  constructor() {
    this.phase = "empty";
    this.file = this.found = this.result = this.failure = this.progress = this.changed = null;
    this.listener = () => {};
    this.limit = null;
  }

  /** Call a function after each change; its argument is whether only the progress has changed. */
  listen(listener) {
    this.listener = listener;
  }

  async choose(file) {
    this.cancel();
    Object.assign(this, {file, changed: null});
    await this.check();
  }

  /** Send the file, and learn how it is read. */
  async check() {
    this.again = () => this.check();
    this.forgetResult();
    this.found = null;
    await this.run("checking", "empty", async (signal) => {
      this.limit ??= (await request("batch/limits.json")).max_bytes;
      if (this.file.size > this.limit) throw new Failure("batch_too_large");
      this.found = await this.send(signal);
      this.phase = "checked";
    });
  }

  /** Predict the file that was checked. */
  async predict(options) {
    this.again = () => this.predict(options);
    this.forgetResult();
    await this.run("predicting", "checked", async (signal) => {
      this.progress = {rows: 0, of: this.found.n_rows};
      this.listener(false);
      const parameters = new URLSearchParams({name: this.file.name, version: this.found.version, ...options});
      const response = await fetch(`batch/predict?${parameters}`, {method: "POST", body: this.file, signal});
      if (!response.ok) throw await this.explain(response.status, () => response.json());
      this.result = await this.read(response.body);
      this.phase = "done";
    });
    if (this.failure?.key === "batch_changed") await this.followModel();
  }

  /** Check the file again with the model that is there now. */
  async followModel() {
    const before = this.found.version;
    await this.check();
    if (this.found && this.found.version !== before) {
      this.changed = {before, after: this.found.version};
      this.listener(false);
    }
  }

  cancel() {
    this.controller?.abort();
  }

  async run(phase, before, step) {
    this.cancel();
    const controller = new AbortController();
    this.controller = controller;
    Object.assign(this, {phase, failure: null, progress: null});
    this.listener(false);
    try {
      await step(controller.signal);
    } catch (error) {
      // Another file or step has begun since.
      if (this.controller !== controller) return;
      this.phase = before;
      if (controller.signal.aborted) this.failure = null;
      else this.failure = error instanceof Failure ? error : await this.explainBreak(error);
    }
    if (this.controller !== controller) return;
    this.controller = this.progress = null;
    this.listener(false);
  }

  forgetResult() {
    if (this.result) URL.revokeObjectURL(this.result.address);
    this.result = null;
  }

  // fetch does not say how much of a body it has sent.
  send(signal) {
    return new Promise((resolve, reject) => {
      const sending = new XMLHttpRequest();
      sending.open("POST", `batch/check?${new URLSearchParams({name: this.file.name})}`);
      sending.upload.onprogress = ({loaded, total}) => {
        this.progress = {sent: loaded, of: total};
        this.listener(true);
      };
      sending.onerror = () => reject(new TypeError("no answer"));
      sending.onabort = () => reject(new DOMException("cancelled", "AbortError"));
      sending.onload = async () => {
        const read = () => JSON.parse(sending.responseText);
        if (sending.status === 200) resolve(read());
        else reject(await this.explain(sending.status, read));
      };
      signal.addEventListener("abort", () => sending.abort());
      sending.send(this.file);
    });
  }

  /** Return the file of results from lines of JSON. Without the last line it is not complete. */
  async read(body) {
    const pieces = [];
    for await (const line of iterateLines(body)) {
      const content = JSON.parse(line);
      if (content.error) throw toFailure(content);
      if (content.content) pieces.push(decode(content.content));
      else if (content.end) {
        const file = new Blob(pieces);
        if (file.size !== content.bytes) break;
        return {...content, address: URL.createObjectURL(file)};
      } else {
        this.progress = content;
        this.listener(true);
      }
    }
    throw new Failure("batch_away");
  }

  async explain(status, read) {
    if (AWAY.includes(status)) return new Failure("batch_away");
    if (status === 413) return new Failure("batch_too_large");
    try {
      return toFailure(await read());
    } catch {
      return new Failure("batch_away");
    }
  }

  /** Return why a request had no answer: the file cannot be read any more, or the server is away. */
  async explainBreak(error) {
    console.warn(error);
    try {
      await this.file.slice(0, 1).arrayBuffer();
    } catch {
      return new Failure("batch_file_gone");
    }
    return new Failure("batch_away");
  }
}

function toFailure({error, remedy, is_changed: isChanged}) {
  return new Failure(isChanged ? "batch_changed" : "batch_refused", error, remedy);
}

async function* iterateLines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = [];
  for (;;) {
    const {done, value} = await reader.read();
    if (done) return;
    const [first, ...others] = value.split("\n");
    rest.push(first);
    for (const other of others) {
      yield rest.join("");
      rest = [other];
    }
  }
}

function decode(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const bytes = atob(text);
  return Uint8Array.from(bytes, (character) => character.charCodeAt(0));
}
