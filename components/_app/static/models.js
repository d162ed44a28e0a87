// The models that the server has, and the way from one to another.

import {humanise} from "./dom.js";
import {request} from "./predictor.js";

/** Return [{name, title, target, version, address, is_default}], the server's first model first. */
export function listModels(root) {
  return request(`${root}models.json`);
}

/** Return a model in one short line. */
export function nameModel({target, title, version}) {
  return [humanise(target), title, version].join(" · ");
}

/** Go to the app of a model. It is loaded first, so that what prevents it is said on this page. */
export async function openModel(root, {address}) {
  await request(`${root}${address}description.json`);
  location.assign(new URL(`${root}${address}` || ".", location.href.split("#")[0]));
}
