import { type Seeds, seedRoles } from '../random.ts';

/** A fraction in percent with two decimals, without the sign: 0.97123 is `97.12`. */
export function percent(fraction: number): string {
  const text = (fraction * 100).toFixed(2);
  return text === '-0.00' ? '0.00' : text;
}

/** A difference of fractions in percentage points, with its sign: 0.0123 is `+1.23`. */
export function signedPercent(difference: number): string {
  const text = percent(difference);
  return difference > 0 && text !== '0.00' ? `+${text}` : text;
}

/** A count of bytes with a binary unit and three significant digits: `3.65 MiB`. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = count;
  let unit = 0;
  // What rounds to 1000 has four digits, too.
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1024;
    unit++;
  }
  return `${significant(scaled)} ${units[unit]}`;
}

/** A count with thousands set apart: `478,410`. */
export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

/** A duration: `8.3 s`, `2 min 5 s`, `3 h 20 min`. */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(seconds < 9.995 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A number of tasks: `1 task`, `5 tasks`. */
export function tasksText(tasks: number): string {
  return tasks === 1 ? '1 task' : `${tasks} tasks`;
}

/** One number when all roles share it, else each role's: `3`, or `classOrder 1, initialWeights 3, …`. */
export function describeSeeds(seeds: Seeds): string {
  const values = seedRoles.map((role) => seeds[role]);
  if (new Set(values).size === 1) return String(values[0]);
  return seedRoles.map((role) => `${role} ${seeds[role]}`).join(', ');
}

function significant(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return value.toPrecision(Math.max(3, Math.trunc(value).toString().length));
}
