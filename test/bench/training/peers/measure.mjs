/** Prints {"us_per_step"}: the median of seven windows, after a warm-up, as speed_torch.py does. */
export function measure(step, seconds) {
  const first = step();
  for (let until = performance.now() + 500; performance.now() < until; ) step();
  const began = performance.now();
  step();
  const count = Math.max(1, Math.floor((seconds * 1000) / 7 / Math.max(0.01, performance.now() - began)));
  const windows = Array.from({ length: 7 }, () => {
    const from = performance.now();
    for (let index = 0; index < count; index++) step();
    return ((performance.now() - from) / count) * 1000;
  });
  const last = step();
  console.log(JSON.stringify({ us_per_step: windows.toSorted((a, b) => a - b)[3], first, last }));
}
