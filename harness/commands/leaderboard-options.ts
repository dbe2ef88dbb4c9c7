/** The options of `palimpsest leaderboard` as commander hands them over. */
export interface LeaderboardOptions {
  readonly results: string;
  readonly scenario?: readonly string[];
  readonly metric?: readonly string[];
  readonly leastSeeds: number;
  readonly merge?: readonly string[];
  readonly csv?: string;
  readonly markdown?: string;
  readonly html?: string;
  readonly json?: boolean;
}
