/** Change what plays, so that no change stops another. */

/** A change that brings no segment by then will bring none: all is there, or the title is paused. */
const LONGEST_CHANGE_MS = 10_000;

/**
 * From one picture, sound or language of captions to another, one change at a time, the last one asked for: while Shaka
 * Player fetches the playlist of a stream, a change makes it fetch no more of that kind (5.2.12).
 */
export class Change {
  constructor(player) {
    this.player = player;
    this.wanted = {}; // of each kind, what was asked for last
    this.awaited = new Set(); // kinds whose first segment after a change is still to come
    this.waiting = []; // who goes on when all have come
    this.streams = this.playing();
    player.addEventListener("adaptation", () => this.begin());
    player.addEventListener("segmentappended", ({ contentType }) => {
      if (this.awaited.delete(contentType) && !this.awaited.size) this.end();
    });
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
    const [picture, captions] = [this.player.getVariantTracks(), this.player.getTextTracks()].map((all) => all.find((track) => track.active));
    return { video: picture?.videoId, audio: picture?.audioId, text: captions?.id };
  }

  /** Wait for each kind whose stream is another than it was. */
  begin() {
    const before = this.streams;
    this.streams = this.playing();
    for (const [kind, id] of Object.entries(this.streams)) if (id !== undefined && id !== before[kind]) this.awaited.add(kind);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(), LONGEST_CHANGE_MS);
  }

  end() {
    clearTimeout(this.timer);
    this.awaited.clear();
    for (const go of this.waiting.splice(0)) go();
  }
}
