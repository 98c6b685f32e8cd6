/**
 * Points and lines by the thousand, binned by pixel: what lies on a pixel is counted, and the count becomes the pixel's opacity. So that
 * the cost is one of pixels, and ten thousand lines show where they are dense instead of a solid area. Pure; knows no canvas.
 */

export type Rgba = readonly [red: number, green: number, blue: number];

export interface Ink {
  readonly width: number;
  readonly height: number;
  clear(): void;
  /** Adds a disc. `tone`, 0..1, says where in the colours it is; a pixel has the mean of its tones. */
  dot(x: number, y: number, radius: number, tone: number): void;
  /** Adds a line from left to right. */
  line(x0: number, y0: number, x1: number, y1: number, tone: number): void;
  /** Blends what is there over RGBA pixels. `single` is the opacity of one point or line; more of them reach up to 1. */
  print(pixels: Uint8ClampedArray, colours: readonly Rgba[], single: number): void;
}

/** Opacities by count are looked up: this many steps for one. */
const STEPS = 8;
const MAX_COUNT = 64;

/** Creates an empty sheet of this many pixels. */
export function createInk(width: number, height: number): Ink {
  const amounts = new Float32Array(width * height);
  const tones = new Float32Array(width * height);
  const add = (at: number, amount: number, tone: number): void => {
    amounts[at] = (amounts[at] as number) + amount;
    tones[at] = (tones[at] as number) + amount * tone;
  };

  /** Adds to a column of pixels from one height to another, one unit of ink in all unless they are further apart than a pixel. */
  const column = (x: number, top: number, bottom: number, tone: number): void => {
    const first = Math.max(0, Math.floor(top));
    const last = Math.min(height - 1, Math.floor(bottom));
    for (let y = first; y <= last; y++) {
      const covered = Math.min(bottom, y + 1) - Math.max(top, y);
      if (covered > 0) add(y * width + x, covered, tone);
    }
  };

  return {
    width,
    height,
    clear() {
      amounts.fill(0);
      tones.fill(0);
    },
    dot(x, y, radius, tone) {
      for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, Math.ceil(y + radius)); row++) {
        const half = Math.sqrt(Math.max(0, (radius + 0.5) ** 2 - (row + 0.5 - y) ** 2));
        for (let at = Math.max(0, Math.floor(x - half)); at <= Math.min(width - 1, Math.ceil(x + half)); at++) {
          const inside = radius + 0.5 - Math.hypot(at + 0.5 - x, row + 0.5 - y);
          if (inside > 0) add(row * width + at, Math.min(1, inside), tone);
        }
      }
    },
    line(x0, y0, x1, y1, tone) {
      const slope = (y1 - y0) / Math.max(1e-9, x1 - x0);
      const first = Math.max(0, Math.round(x0));
      const last = Math.min(width, Math.round(x1));
      for (let x = first; x < last; x++) {
        const middle = y0 + (x + 0.5 - x0) * slope;
        const reach = Math.max(1, Math.abs(slope)) / 2;
        column(x, middle - reach, middle + reach, tone);
      }
    },
    print(pixels, colours, single) {
      const rate = -Math.log(1 - Math.min(0.999, single));
      const opacities = Float32Array.from({ length: MAX_COUNT * STEPS }, (_, step) => 1 - Math.exp((-rate * step) / STEPS));
      const lastColour = colours.length - 1;
      for (let at = 0; at < amounts.length; at++) {
        const amount = amounts[at] as number;
        if (amount === 0) continue;
        const opacity = opacities[Math.min(opacities.length - 1, Math.ceil(amount * STEPS))] as number;
        const tone = Math.min(1, Math.max(0, (tones[at] as number) / amount));
        const colour = colours[Math.round(tone * lastColour)] as Rgba;
        const pixel = at * 4;
        const below = (pixels[pixel + 3] as number) / 255;
        const alpha = opacity + below * (1 - opacity);
        for (let channel = 0; channel < 3; channel++) {
          const under = (pixels[pixel + channel] as number) * below * (1 - opacity);
          pixels[pixel + channel] = ((colour[channel] as number) * opacity + under) / alpha;
        }
        pixels[pixel + 3] = alpha * 255;
      }
    },
  };
}
