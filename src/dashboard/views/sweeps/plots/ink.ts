/**
 * Points and lines by the thousand, binned by pixel: hits on a pixel are counted, and the count becomes the pixel's opacity. So the cost
 * depends on pixels, and ten thousand lines show where they are dense instead of a solid area. Pure; knows no canvas.
 */

export type Rgb = readonly [red: number, green: number, blue: number];

export interface Ink {
  /** Clears it. */
  clear(): void;
  /** Adds a disc. `tone`, 0..1, says where in the colours it is; a pixel has the mean of its tones. */
  dot(x: number, y: number, radius: number, tone: number): void;
  /** Adds a line from left to right. */
  line(x0: number, y0: number, x1: number, y1: number, tone: number): void;
  /** Blends some rows of the ink over RGBA pixels. `single` is the opacity of one point or line; more of them reach up to 1. */
  print(
    pixels: Uint8ClampedArray,
    colours: readonly Rgb[],
    single: number,
    rows: { readonly from: number; readonly to: number },
  ): void;
}

/** Opacities by count are looked up: this many steps for one. */
const STEPS = 8;
const MAX_COUNT = 64;

/** Creates an empty sheet of this many pixels. */
export function createInk(width: number, height: number): Ink {
  /** Of each pixel the amount of ink, and the amount times its tone: side by side, since they are changed together. */
  const sheet = new Float32Array(2 * width * height);
  const add = (pixel: number, amount: number, tone: number): void => {
    const at = 2 * pixel;
    sheet[at] = (sheet[at] as number) + amount;
    sheet[at + 1] = (sheet[at + 1] as number) + amount * tone;
  };
  return {
    clear: () => void sheet.fill(0),
    dot(x, y, radius, tone) {
      const reach = radius + 0.5;
      const [bottom, right] = [Math.min(height, y + reach), Math.min(width, x + reach)];
      for (let row = Math.max(0, Math.floor(y - reach)); row < bottom; row++) {
        const down = row + 0.5 - y;
        for (let column = Math.max(0, Math.floor(x - reach)); column < right; column++) {
          const across = column + 0.5 - x;
          // Math.hypot, which never overflows, takes ten times as long.
          const inside = reach - Math.sqrt(across * across + down * down);
          if (inside > 0) add(row * width + column, inside < 1 ? inside : 1, tone);
        }
      }
    },
    line(x0, y0, x1, y1, tone) {
      const slope = (y1 - y0) / Math.max(1e-9, x1 - x0);
      const last = Math.min(width, Math.round(x1));
      // A column of pixels gets the stretch that the line crosses, one pixel at least.
      const half = Math.max(1, Math.abs(slope)) / 2;
      for (let column = Math.max(0, Math.round(x0)); column < last; column++) {
        const middle = y0 + (column + 0.5 - x0) * slope;
        const top = Math.max(0, middle - half);
        const bottom = Math.min(height, middle + half);
        for (let row = Math.floor(top); row < bottom; row++)
          add(row * width + column, (bottom < row + 1 ? bottom : row + 1) - (top > row ? top : row), tone);
      }
    },
    print(pixels, colours, single, { from, to }) {
      const rate = -Math.log(1 - Math.min(0.999, single));
      const most = MAX_COUNT * STEPS;
      const opacities = Float32Array.from({ length: most + 1 }, (_, step) => 1 - Math.exp((-rate * step) / STEPS));
      const shades = Uint8Array.from(colours.flat());
      const lastColour = colours.length - 1;
      for (let at = 2 * from * width; at < 2 * to * width; at += 2) {
        const amount = sheet[at] as number;
        if (amount === 0) continue;
        const opacity = opacities[Math.min(most, (amount * STEPS + 0.99) | 0)] as number;
        const shade = 3 * ((Math.min(1, (sheet[at + 1] as number) / amount) * lastColour + 0.5) | 0);
        const pixel = 2 * at;
        if (pixels[pixel + 3] === 0) {
          pixels[pixel] = shades[shade] as number;
          pixels[pixel + 1] = shades[shade + 1] as number;
          pixels[pixel + 2] = shades[shade + 2] as number;
          pixels[pixel + 3] = opacity * 255;
          continue;
        }
        // What is below shows through, by Porter and Duff's "over".
        const below = ((pixels[pixel + 3] as number) / 255) * (1 - opacity);
        const alpha = opacity + below;
        for (let channel = 0; channel < 3; channel++)
          pixels[pixel + channel] =
            ((shades[shade + channel] as number) * opacity + (pixels[pixel + channel] as number) * below) / alpha;
        pixels[pixel + 3] = alpha * 255;
      }
    },
  };
}
