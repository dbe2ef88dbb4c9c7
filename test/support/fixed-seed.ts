import fc from 'fast-check';

/**
 * Property tests try the same cases in every run, so that a change is red for its own
 * faults alone; PALIMPSEST_FUZZ_SEED tries others.
 */
fc.configureGlobal({ seed: Number(process.env.PALIMPSEST_FUZZ_SEED ?? 1) });
