/** The part of jStat that is used; the package brings no types. */
declare module 'jstat' {
  const exported: {
    readonly jStat: {
      readonly studentt: {
        cdf(value: number, degreesOfFreedom: number): number;
        /** Quantile of Student's t distribution: the value that is exceeded with probability `1 - probability`. */
        inv(probability: number, degreesOfFreedom: number): number;
      };
      readonly normal: {
        cdf(value: number, mean: number, deviation: number): number;
        inv(probability: number, mean: number, deviation: number): number;
      };
      readonly chisquare: { cdf(value: number, degreesOfFreedom: number): number };
      readonly centralF: { cdf(value: number, numerator: number, denominator: number): number };
      readonly tukey: {
        /** Quantile of the studentised range of so many means. */
        inv(probability: number, means: number, degreesOfFreedom: number): number;
      };
      /** Logarithm of the gamma function. */
      gammaln(value: number): number;
    };
  };
  export default exported;
}
