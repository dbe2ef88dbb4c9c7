/** The part of jStat that is used; the package brings no types. */
declare module 'jstat' {
  const exported: {
    readonly jStat: {
      readonly studentt: {
        /** Quantile of Student's t distribution: the value that is exceeded with probability `1 - probability`. */
        inv(probability: number, degreesOfFreedom: number): number;
      };
    };
  };
  export default exported;
}
