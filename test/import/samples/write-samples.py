"""Writes the samples beside it. Run by hand, `python3 write-samples.py`, with NumPy 2 installed; the tests do not need it.

Each function prints one matrix the way the tool named in README.md prints its own. The matrix is ours; no tool was run.
"""

import json
import os
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
MATRIX = [
    [0.90, 0.20, 0.82, 0.15],
    [0.70, 0.85, 0.25, 0.10],
    [0.95, 0.60, 0.80, 0.30],
    [0.60, 0.90, 0.55, 0.95],
]
TASKS = len(MATRIX)


def percent(value):
    return np.around(value * 100, decimals=2)


def path_of(*parts):
    path = HERE.joinpath(*parts)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def pycil(name, heads, scalar):
    """trainer.py of PyCIL and LAMDA-PILOT; `scalar` is how NumPy prints: np.float64(90.0) from version 2 on, 90.0 before."""
    stamp = "2024-05-01 12:00:00,123 [trainer.py] => "
    lines = [
        f"{stamp}{key}: {value}"
        for key, value in {
            "config": "./exps/icarl.json",
            "prefix": "reproduce",
            "dataset": "cifar100",
            "memory_size": 2000,
            "shuffle": True,
            "init_cls": 10,
            "increment": 10,
            "model_name": "icarl",
            "device": ["0"],
            "seed": 1993,
        }.items()
    ]
    curve = []
    for task, row in enumerate(MATRIX):
        lines += [f"{stamp}All params: 464154", f"{stamp}Learning on {10 * task}-{10 * (task + 1)}"]
        seen = row[: task + 1]
        grouped = {"total": scalar(percent(np.mean(seen)))}
        grouped |= {f"{10 * j:02d}-{10 * j + 9:02d}": scalar(percent(value)) for j, value in enumerate(seen)}
        grouped |= {"old": 0 if task == 0 else scalar(percent(np.mean(seen[:-1]))), "new": scalar(percent(seen[-1]))}
        curve.append(scalar(percent(np.mean(seen))))
        if len(heads) == 1:
            lines.append(f"{stamp}No NME accuracy.")
        lines += [f"{stamp}{head}: {grouped}" for head in heads]
        lines.append(f"{stamp}CNN top1 curve: {curve}")
        lines.append(f"{stamp}Average Accuracy (CNN): {sum(curve) / len(curve)} \n")
    path_of(name).write_text("\n".join(lines) + "\n")


def mammoth():
    """Logger.write of utils/loggers.py: str() of the settings with the accuracies, a line for each run."""
    for setting, shift in (("class-il", 0.0), ("task-il", 0.01)):
        lines = []
        for seed in (1, 2):
            run = {"dataset": "seq-cifar10", "model": "der", "lr": 0.03, "seed": seed, "non_verbose": False, "notes": None}
            run |= {"conf_host": "gpu's host", "base_path": "./data/"}
            text = str(run)[:-1] + ", 'device': device(type='cuda', index=0), "
            rows = [[round((v + shift - (seed - 1) * 0.05) * 100, 8) for v in row[: i + 1]] for i, row in enumerate(MATRIX)]
            accuracies = {f"accmean_task{i + 1}": np.mean(row) for i, row in enumerate(rows)}
            for i, row in enumerate(rows):
                for j, value in enumerate(row):
                    accuracies[f"accuracy_{j + 1}_task{i + 1}"] = value
            accuracies |= {"forward_transfer": None, "backward_transfer": None, "forgetting": None}
            lines.append(text + str(accuracies)[1:])
        path_of("mammoth", setting, "seq-cifar10", "der", "logs.pyd").write_text("\n".join(lines) + "\n")


def facil():
    """log_result of src/loggers/disk_logger.py: numpy.savetxt with six decimals and tabs."""
    for name in ("acc_taw", "acc_tag"):
        np.savetxt(path_of("facil", f"{name}-2024-05-01-12-00.txt"), np.tril(np.array(MATRIX)), "%.6f", delimiter="\t")


def avalanche():
    """CSVLogger of avalanche/logging/csv_logger.py, evaluated on the whole test stream, once before training."""
    lines = ["eval_exp,training_exp,eval_accuracy,eval_loss,forgetting"]
    lines += [f"{j},None,0.1000,2.3026,0" for j in range(TASKS)]
    lines += [f"{j},{i},{value:.4f},0.5000,0" for i, row in enumerate(MATRIX) for j, value in enumerate(row)]
    path_of("avalanche", "eval_results.csv").write_text("\n".join(lines) + "\n")


def zscl():
    """numpy.save; ZSCL's notebook loads the array, in percent, a row after each task."""
    values = np.around(np.array(MATRIX) * 100, 2)
    np.save(path_of("zscl", "table.npy"), values)
    np.save(path_of("zscl", "fortran.npy"), np.asfortranarray(values))
    np.save(path_of("zscl", "objects.npy"), np.array([[{"a": 1}]], dtype=object), allow_pickle=True)
    table = np.around(np.arange(11 * 12).reshape(11, 12) / 2, 1)
    np.save(path_of("zscl", "mtil.npy"), table.reshape(-1))


def trace():
    """save_inference_results of inference/infer_multi.py; similarity and SARI go to 100, the others to 1."""
    scores = {
        "C-STANCE": lambda value: {"accuracy": value},
        "MeetingBank": lambda value: {"bleu-1": 0.5, "bleu-4": 0.25, "rouge-L": value},
        "Py150": lambda value: {"similarity": float(percent(value))},
        "20Minuten": lambda value: {"bleu-1": 0.5, "bleu-4": 0.25, "rouge-L": 0.5, "sari": [{"sari": float(percent(value))}]},
    }
    for i, row in enumerate(MATRIX):
        for j, task in enumerate(list(scores)[: i + 1]):
            result = {"eval": scores[task](row[j]), "prompts": ["Q"], "results": ["A"], "labels": ["A"]}
            with open(path_of("trace", f"results-{i}-{j}-{task}.json"), "w", encoding="utf-8") as file:
                json.dump(result, file, ensure_ascii=False)


def sapt():
    """all_results.json of the Hugging Face trainer, in SAPT's folders <step>-<task>; keys as score.py reads them."""
    tasks = ["task1572_samsum_summary", "task363_sst2_polarity_classification", "task073_commonsenseqa_answer_generation", "task591_sciq_answer_generation"]
    for i, row in enumerate(MATRIX):
        results = {"epoch": 100.0, "predict_samples": 400, "predict_eval_rougeL": float(percent(np.mean(row[: i + 1])))}
        for j, task in enumerate(tasks[: i + 1]):
            results[f"predict_exact_match_for_{task}"] = 0.0
            results[f"predict_eval_rougeL_for_{task}"] = round(float(percent(row[j])), 4)
        path_of("sapt", f"{i + 1}-{tasks[i]}", "all_results.json").write_text(json.dumps(results, indent=4))


def csv():
    """Matrices as people write them."""
    rows = ["", *[",".join(f"{value * 100:.1f}" for value in row) for row in MATRIX]]
    path_of("csv", "bare-percent.csv").write_text("\n".join(rows[1:]) + "\n")
    columns = zip(*MATRIX)
    path_of("csv", "rows-are-tasks.csv").write_text("\n".join(",".join(f"{v:.2f}" for v in column) for column in columns) + "\n")
    stages = [f"{i + 1},{','.join(f'{value:.2f}' for value in row)}" for i, row in enumerate(MATRIX)]
    path_of("csv", "stages.csv").write_text("\n".join(["after,birds,cars,dogs,flowers", "0,0.1,0.1,,0.1", *stages]) + "\n")
    cells = [f"{i + 1},{j + 1},{value:.2f}" for i, row in enumerate(MATRIX) for j, value in enumerate(row)]
    path_of("csv", "list.csv").write_text("\n".join(["after,task,accuracy", *cells]) + "\n")
    counts = [f"{i + 1},{j + 1},{round(value * 100)},100" for i, row in enumerate(MATRIX) for j, value in enumerate(row)]
    path_of("csv", "counts.csv").write_text("\n".join(["after,task,correct,total", *counts]) + "\n")


if __name__ == "__main__":
    os.chdir(HERE)
    pycil("pycil/icarl-numpy-2.log", ["CNN", "NME"], np.float64)
    pycil("pycil/finetune-numpy-1.log", ["CNN"], float)
    mammoth()
    facil()
    avalanche()
    zscl()
    trace()
    sapt()
    csv()
