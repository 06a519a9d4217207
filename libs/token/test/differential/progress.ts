/** Tells a terminal every second how far something is, and says nothing elsewhere. */
export function progress(name: string, total: number): (done: number) => void {
  const started = performance.now();
  let told = started;
  return (done) => {
    const now = performance.now();
    if (!process.stderr.isTTY || (now - told < 1000 && done < total)) return;
    told = now;
    const rate = Math.round((done * 1000) / (now - started));
    const left = Math.round((total - done) / Math.max(rate, 1));
    const end = done < total ? '' : '\n';
    process.stderr.write(
      `\r${name}: ${done} of ${total}, ${rate} per second, ${left} s left   ${end}`,
    );
  };
}
