/** Keep a title's addresses good while it plays: fresh tokens before the old ones end, the next edge where one fails. */

import { refusal } from "./words.js";

const SHUNNED_MS = 30_000; // how long an edge that failed is asked last
const RENEWED_AT = 0.7; // of a token's life
const PAUSE_MS = 3000; // after a renewal that failed, or that was to mend a refusal
const VERSION_PATH = /^.*?\/t\/[\w-]+\/[^/]+\/[0-9a-f]{16}\//; // what a session's bases look like
const UNREACHED = "The server cannot be reached, so nothing plays: call marquee play again.";

/** What went wrong, as the sentence that people read. */
export class Refused extends Error {
  constructor(said) {
    super(said);
    this.sentence = said;
  }
}

/** Ask the page's own server for a session; fails with Refused. */
export async function askSession(path) {
  let answer;
  try {
    answer = await fetch(path);
  } catch {
    throw new Refused(UNREACHED);
  }
  if (!answer.ok) throw new Refused(refusal(await answer.text(), answer.status));
  return answer.json();
}

export class Links {
  constructor(session) {
    this.failures = new Map(); // origin of a base to when it last failed
    this.paused = 0; // until when nothing is renewed
    this.renewing = null;
    this.refused = null; // why there are no fresh tokens
    this.allowed = new Set(session.bases.map(originOf)); // the page's policy names no edge that came later
    this.take(session);
  }

  take(session) {
    this.session = session;
    this.bases = session.bases.map(whole).filter((base) => this.allowed.has(originOf(base)));
    this.licence = whole(session.licence);
    this.ends = Date.now() + 1000 * session.seconds;
  }

  /** When a base failed, or 0 where that is long ago. */
  shunned(base) {
    const at = this.failures.get(originOf(base)) || 0;
    return at > Date.now() - SHUNNED_MS ? at : 0;
  }

  /** Where to fetch from: the nearest base that has not just failed, else the one that failed first. */
  best() {
    return this.bases.reduce((one, other) => (this.shunned(other) < this.shunned(one) ? other : one));
  }

  /** The address of a file of this version as it is good at this moment; others stay as they are. */
  address(url) {
    const rest = restOf(url);
    return rest === null ? url : this.best() + rest;
  }

  /** A request filter of Shaka Player's, which asks it before each attempt. */
  async filter(kind, request) {
    const licence = kind === shaka.net.NetworkingEngine.RequestType.LICENSE;
    if (!licence && restOf(request.uris[0]) === null) return;
    await this.fresh();
    request.uris = [licence ? this.licence : this.address(request.uris[0])];
  }

  /** Renew in time, without waiting while the tokens of now still hold. */
  async fresh() {
    const left = this.ends - Date.now();
    if (left > 1000 * this.session.seconds * (1 - RENEWED_AT)) return;
    const renewing = this.renew();
    if (left <= 0) await renewing;
  }

  /** Whether there are fresh tokens. */
  renew() {
    if (!this.renewing && Date.now() < this.paused) return Promise.resolve(false);
    this.renewing ||= this.ask().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  async ask() {
    try {
      this.take(await askSession(this.session.renewal));
      this.refused = null;
      return true;
    } catch (error) {
      this.paused = Date.now() + PAUSE_MS;
      this.refused = error; // said where a request then fails; the tokens of now may hold for long
      return false;
    }
  }

  /** Remember which base failed, so that the next attempt goes elsewhere: for good where it refuses our tokens. */
  failed(url, status) {
    if (restOf(url) !== null) this.failures.set(originOf(url), status === 403 ? Infinity : Date.now());
  }

  /** Whether a refused request can be asked again: its token was old, another base is left, or this renews it. */
  async mended(error) {
    if (error.code !== shaka.util.Error.Code.BAD_HTTP_STATUS || error.data[1] !== 403) return false;
    const old = !this.bases.some((base) => whole(error.data[0]).startsWith(base));
    if (old || !this.shunned(this.best())) return true;
    if (!(await this.renew())) return false;
    this.failures.clear(); // it was the tokens
    this.paused = Date.now() + PAUSE_MS;
    return true;
  }

  /** What to tell: where tokens are refused or over, why there are no fresh ones. HLS then fails in odd ways. */
  cause(error) {
    const over = error.code === shaka.util.Error.Code.BAD_HTTP_STATUS || this.ends <= Date.now();
    return (over && this.refused) || error;
  }
}

function whole(path) {
  return new URL(path, location.href).href;
}

function originOf(url) {
  return new URL(url, location.href).origin;
}

/** The path of a file below its version, or null for what is no file of a version. */
function restOf(url) {
  const found = VERSION_PATH.exec(url);
  return found ? url.slice(found[0].length) : null;
}
