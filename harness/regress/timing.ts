/** How long a run computed, and what the calibration program took in the same process; both are processor time. */
export interface Timing {
  /** Training and evaluation, in seconds of processor time over all threads. */
  readonly computingSeconds: number;
  /** One block of the calibration program, in the same unit. */
  readonly calibrationSeconds: number;
}

/** The kind of the line in a run's `events.jsonl` that holds its {@link Timing}. */
export const timingEvent = 'timing';

/** Processor time of this process until now, in seconds: unlike wall time it does not count waiting for other programs. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
