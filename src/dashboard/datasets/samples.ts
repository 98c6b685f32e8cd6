/** The tables that come with the page: the address of each, its target and task. datasets/README.md says where they are from. */
import type { Task } from "../../domain/spec/spec.ts";

export interface Sample {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly target: string;
  readonly task: Task;
  readonly url: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    name: "iris",
    title: "Iris",
    about: "150 flowers of three species, by four measures",
    target: "species",
    task: "multiclass_classification",
    url: new URL("../../../datasets/iris.csv", import.meta.url).href,
  },
  {
    name: "penguins",
    title: "Penguins",
    about: "344 penguins of three species; islands, sexes, and measurements, some of them missing",
    target: "species",
    task: "multiclass_classification",
    url: new URL("../../../datasets/penguins.csv", import.meta.url).href,
  },
  {
    name: "wine",
    title: "Wine",
    about: "178 wines of three cultivars, by thirteen measures",
    target: "cultivar",
    task: "multiclass_classification",
    url: new URL("../../../datasets/wine.csv", import.meta.url).href,
  },
  {
    name: "breast_cancer",
    title: "Breast cancer",
    about: "569 samples, malignant or benign, by thirty measures of cells",
    target: "diagnosis",
    task: "binary_classification",
    url: new URL("../../../datasets/breast_cancer.csv", import.meta.url).href,
  },
  {
    name: "digits",
    title: "Digits",
    about: "1797 written digits as 8 by 8 pixels",
    target: "digit",
    task: "multiclass_classification",
    url: new URL("../../../datasets/digits.csv", import.meta.url).href,
  },
  {
    name: "diabetes",
    title: "Diabetes",
    about: "442 patients and how their disease went on: a number to predict",
    target: "progression",
    task: "regression",
    url: new URL("../../../datasets/diabetes.csv", import.meta.url).href,
  },
];
