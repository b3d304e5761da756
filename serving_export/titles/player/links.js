/** Keep a title's addresses good while it plays: fresh tokens before the old ones end, the next edge where one fails. */

import { refusal } from "./words.js";

const SHUNNED_MS = 30_000; // how long an edge that failed is asked last
const RENEWED_AT = 0.7; // of a token's life
const AWAITED_AT = 0.8; // of it: servers count in whole seconds, and a request takes a while to get there
const PAUSE_MS = 3000; // after a renewal that failed
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
    this.take(session);
  }

  /** Go by this session, which may name edges that the one before did not. */
  take(session) {
    this.session = session;
    this.bases = session.bases.map(whole);
    this.licence = whole(session.licence);
    this.taken = clocks();
    this.over = false; // whether its tokens were refused everywhere
  }

  /** When a base failed, or 0 where that is long ago. */
  shunned(base) {
    const at = this.failures.get(originOf(base)) || 0;
    return at > performance.now() - SHUNNED_MS ? at : 0;
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

  /** The share of the life of the tokens of now that is over: 1 and more where all of it is. */
  used() {
    return this.over ? 1 : passed(this.taken) / (1000 * this.session.seconds);
  }

  /** Renew in time, without waiting while the tokens of now still hold. */
  async fresh() {
    const used = this.used();
    if (used < RENEWED_AT) return;
    const renewing = this.renew();
    if (used >= AWAITED_AT) await renewing;
  }

  renew() {
    if (!this.renewing && performance.now() < this.paused) return Promise.resolve();
    this.renewing ||= this.ask().finally(() => {
      this.renewing = null;
    });
    return this.renewing;
  }

  async ask() {
    try {
      this.take(await askSession(this.session.renewal));
      this.refused = null;
      for (const [origin, at] of this.failures) if (at === Infinity) this.failures.delete(origin); // it was the tokens
    } catch (error) {
      this.paused = performance.now() + PAUSE_MS;
      this.refused = error; // said where a request then fails; the tokens of now may hold for long
    }
  }

  /**
   * Remember which base failed, so that the next attempt goes elsewhere: until fresh tokens come
   * where it refused those of now. When nobody else is left, they are over, whatever clocks say.
   */
  failed(url, status) {
    const refused = status === 403;
    if (refused && ![...this.bases, this.licence].some((base) => url.startsWith(base))) return; // its token was old
    const file = restOf(url) !== null;
    if (file) this.failures.set(originOf(url), refused ? Infinity : performance.now());
    if (refused && (!file || this.shunned(this.best()))) this.over = true;
  }

  /** What to tell: where tokens are refused or over, why there are no fresh ones. HLS then fails in odd ways. */
  cause(error) {
    const over = error.code === shaka.util.Error.Code.BAD_HTTP_STATUS || this.used() >= 1;
    return (over && this.refused) || error;
  }
}

/**
 * What a machine's two clocks say. The first may be wrong and be set back by any time, the second may
 * stand while the machine sleeps; neither is ever held against a server's.
 */
function clocks() {
  return [Date.now(), performance.now()];
}

/** Milliseconds since then, by the clock that went further: fresh tokens too early do no harm. */
function passed(then) {
  return Math.max(...clocks().map((now, clock) => now - then[clock]));
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
