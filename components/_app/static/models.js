// The models that the server has, and the way from one to another.

import {humanise} from "./dom.js";
import {request} from "./predictor.js";

/** Return [{name, title, target, version, address, is_default}], the server's first model first. */
export function listModels(root) {
  return request(`${root}models.json`);
}

/** Return a model in one short line; of one that does not answer only its name is known. */
export function nameModel({name, target, title, version}) {
  return [humanise(target), title, version].filter(Boolean).join(" · ") || name;
}

/** Return whether this page is the app of a model. */
export function isOpen(root, {address}) {
  return findPage(root, address).pathname === location.pathname;
}

/** Go to the app of a model. It is loaded first, so that what prevents it is said on this page. */
export async function openModel(root, {address}) {
  await request(`${root}${address}description.json`);
  location.assign(findPage(root, address));
}

function findPage(root, address) {
  return new URL(`${root}${address}` || ".", location.href.split("#")[0]);
}
