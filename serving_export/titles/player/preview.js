/** Show the picture at the place of the seek bar that is pointed at or moved to by keys. */

import { clock } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Preview {
  constructor(player, video, links) {
    this.player = player;
    this.video = video;
    this.links = links;
    this.bar = byId("seek");
    this.box = byId("preview");
    this.wanted = 0;
    this.bar.addEventListener("pointermove", (event) => this.show(this.pointedAt(event)));
    this.bar.addEventListener("pointerleave", () => this.hide());
    this.bar.addEventListener("input", () => this.show(Number(this.bar.value)));
    this.bar.addEventListener("blur", () => this.hide());
    this.bar.addEventListener("focus", () => this.bar.matches(":focus-visible") && this.show(this.video.currentTime));
    this.video.addEventListener("seeking", () => {
      if (document.activeElement === this.bar && !this.box.hidden) this.show(this.video.currentTime);
    });
  }

  pointedAt(event) {
    const { left, width } = this.bar.getBoundingClientRect();
    const { start, end } = this.player.seekRange();
    return start + (end - start) * Math.min(1, Math.max(0, (event.clientX - left) / width));
  }

  hide() {
    this.wanted += 1; // a picture that is still on its way comes too late
    this.box.hidden = true;
  }

  async show(seconds) {
    this.wanted += 1;
    const asked = this.wanted;
    byId("previewTime").textContent = clock(seconds);
    this.box.hidden = false;
    this.place(seconds);
    const tracks = this.player.getImageTracks();
    if (!tracks.length) return;
    const tile = await this.player.getThumbnails(tracks[0].id, seconds).catch(() => null);
    await this.links.fresh(); // a style fetches the picture, which asks for nothing by itself
    if (tile && asked === this.wanted) {
      this.paint(tile);
      this.place(seconds);
    }
  }

  /** One tile of the sheet, in its own size; its place and the sheet's stand in pixels. */
  paint(tile) {
    const picture = byId("picture");
    const scale = Math.min(1, 200 / tile.width);
    Object.assign(picture.style, {
      width: `${tile.width * scale}px`, height: `${tile.height * scale}px`,
      backgroundImage: `url("${this.links.address(tile.uris[0])}")`,
      backgroundPosition: `${-tile.positionX * scale}px ${-tile.positionY * scale}px`,
      backgroundSize: `${tile.imageWidth * scale}px ${tile.imageHeight * scale}px`,
    });
    picture.dataset.tile = `${Math.round(tile.positionX / tile.width)},${Math.round(tile.positionY / tile.height)}`; // column, row
  }

  place(seconds) {
    const { start, end } = this.player.seekRange();
    const [width, half] = [this.bar.clientWidth, this.box.offsetWidth / 2];
    const at = end > start ? (width * (seconds - start)) / (end - start) : 0;
    this.box.style.left = `${Math.min(Math.max(at, half), width - half)}px`;
  }
}
