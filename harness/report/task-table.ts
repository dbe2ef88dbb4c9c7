import Table from 'cli-table3';
import type { TaskSizes } from '../stream/task-sizes.ts';

/** A stream's tasks as a table. @param most Tasks shown; those after them are counted in a line below */
export function formatTasks(tasks: readonly TaskSizes[], most = 20): string {
  const table = new Table({
    head: ['', 'task', 'outputs', 'training', 'validation', 'test'],
    colAligns: ['right', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  tasks.slice(0, most).forEach(({ name, outputs, train, validation, test }, index) => {
    table.push([index + 1, name, outputs, train, validation, test]);
  });
  const more = tasks.length - most;
  return more > 0 ? `${table}\n… and ${more} more; --json lists all.` : table.toString();
}
