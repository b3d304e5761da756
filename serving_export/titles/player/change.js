/** Change what plays, so that no change stops another. */

import { activeTrack } from "./renditions.js";

/** Shaka Player looks for work once a second, so a change that asks for nothing by then asks for nothing: all is there. */
const QUIET_MS = 1500;
const READ_MS = 100; // in which a playlist that came is read
const LONGEST_REQUEST_MS = 10_000; // one that is given up before it is sent tells nobody

/**
 * From one picture, sound or language of captions to another, one change at a time, the last one asked for: while Shaka
 * Player fetches the playlist of a stream, a change makes it fetch no more of that kind (5.2.12). And from one place to
 * another while none is fetched: else it fetches what comes next twice at once, and decodes neither.
 */
export class Change {
  constructor(player) {
    this.player = player;
    this.wanted = {}; // of each kind, what was asked for last
    this.awaited = new Set(); // kinds whose first segment after a change is still to come
    this.waiting = []; // who goes on when all have come
    this.playlists = new Set(); // requests that are not answered yet
    this.seek = null; // what waits for these
    this.streams = this.playing();
    player.addEventListener("adaptation", () => this.begin());
    player.addEventListener("segmentappended", ({ contentType }) => {
      if (this.awaited.delete(contentType) && !this.awaited.size) this.end();
    });
    this.listenToPlaylists();
  }

  listenToPlaylists() {
    this.player.getNetworkingEngine().registerRequestFilter((kind, request) => {
      if (kind !== shaka.net.NetworkingEngine.RequestType.MANIFEST) return;
      this.playlists.add(request);
      setTimeout(() => this.came(request), LONGEST_REQUEST_MS);
    });
    for (const event of ["downloadcompleted", "downloadfailed"]) {
      this.player.addEventListener(event, ({ request }) => setTimeout(() => this.came(request), READ_MS));
    }
  }

  came(request) {
    if (this.playlists.delete(request)) this.place(this.seek);
  }

  /** Call `seek`, the last one asked for, once no playlist is on its way. */
  place(seek) {
    const waits = this.playlists.size > 0;
    this.seek = waits ? seek : null;
    if (!waits) seek?.();
  }

  /** Call `select` once nothing changes any more, unless the title `plays` so by then or another of its kind is wanted. */
  async to(kind, select, plays) {
    this.wanted[kind] = select;
    while (this.awaited.size) await new Promise((go) => this.waiting.push(go));
    if (this.wanted[kind] !== select || plays()) return;
    select();
    this.begin();
  }

  /** Forget what of a kind still waits. */
  cancel(kind) {
    this.wanted[kind] = null;
  }

  playing() {
    const picture = activeTrack(this.player);
    const captions = this.player.getTextTracks().find((track) => track.active);
    return { video: picture?.videoId, audio: picture?.audioId, text: captions?.id };
  }

  /** Wait for each kind whose stream is another than it was. */
  begin() {
    const before = this.streams;
    this.streams = this.playing();
    for (const [kind, id] of Object.entries(this.streams)) if (id !== undefined && id !== before[kind]) this.awaited.add(kind);
    this.endWhenQuiet();
  }

  endWhenQuiet() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.playlists.size ? this.endWhenQuiet() : this.end()), QUIET_MS);
  }

  end() {
    clearTimeout(this.timer);
    this.awaited.clear();
    for (const go of this.waiting.splice(0)) go();
  }
}
