/**
 * Student's own example (Biometrika 6, 1908): extra hours of sleep of ten patients, second drug minus first, as in R's data
 * set `sleep`.
 */
export const sleepDifferences = [1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4];
