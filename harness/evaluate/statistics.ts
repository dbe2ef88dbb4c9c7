/** Statistics of several runs: every distribution comes from jStat, every rule of a test is here. */
export { mean } from 'simple-statistics';
export { type BootstrapInterval, type BootstrapOptions, bootstrapInterval } from './statistics/bootstrap.ts';
export { benjaminiHochberg, holm } from './statistics/correction.ts';
export {
  type CriticalDifference,
  criticalDifference,
  type Friedman,
  friedmanTest,
} from './statistics/friedman.ts';
export { comparePaired, type PairedComparison } from './statistics/paired.ts';
export { detectionPower, pooledTest, type TwoSampleTest } from './statistics/pooled.ts';
export { averageRanks } from './statistics/ranks.ts';
export {
  type Interval,
  leastForInterval,
  type Summary,
  studentQuantile,
  summarise,
} from './statistics/summary.ts';
export { type SignedRankTest, wilcoxonSignedRank } from './statistics/wilcoxon.ts';
