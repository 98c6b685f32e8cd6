"""What PyTorch reaches on the bundled data sets with a plain recipe, over ten seeds: the quality to equal.

Debian 12: apt-get install -y --no-install-recommends python3-torch python3-sklearn
           OPENBLAS_NUM_THREADS=1 /usr/bin/python3 quality_torch.py > quality.json
Recipe: shuffle and split 80/20 (stratified for classes), standardise on the training part alone, mini-batches
reshuffled every epoch, the last partial batch kept, the model after the last epoch scored on the held-out 20 %.
"""
import csv, json, os, statistics as st
import numpy as np, torch
from sklearn.model_selection import train_test_split
nn = torch.nn; torch.set_num_threads(1)
here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "fixtures", "datasets")
recipes = [
    dict(data="iris", target="species", task="multiclass", hidden=[16], act="relu", lr=0.01, batch=16, epochs=100),
    dict(data="wine", target="cultivar", task="multiclass", hidden=[16], act="relu", lr=0.01, batch=16, epochs=100),
    dict(data="breast_cancer", target="diagnosis", task="binary", hidden=[16], act="relu", lr=0.01, batch=32, epochs=50),
    dict(data="digits", target="digit", task="multiclass", hidden=[64], act="relu", lr=0.003, batch=32, epochs=40),
    dict(data="diabetes", target="progression", task="regression", hidden=[16], act="relu", lr=0.01, batch=32, epochs=100),
]
out = []
for r in recipes:
    rows = list(csv.DictReader(open(os.path.join(here, r["data"] + ".csv"))))
    feats = [c for c in rows[0] if c != r["target"]]
    X = np.array([[float(q[c]) for c in feats] for q in rows], dtype=np.float64)
    t = [q[r["target"]] for q in rows]
    if r["task"] == "regression": y = np.array([float(v) for v in t])
    else:
        classes = sorted(set(t)); y = np.array([classes.index(v) for v in t])
    scores = []
    for seed in range(10):
        torch.manual_seed(seed)
        a, b, ya, yb = train_test_split(X, y, test_size=0.2, random_state=seed, stratify=None if r["task"] == "regression" else y)
        mu, sd = a.mean(0), a.std(0); sd[sd == 0] = 1; a, b = (a - mu) / sd, (b - mu) / sd
        if r["task"] == "regression": tm, ts = ya.mean(), ya.std(); ya = (ya - tm) / ts
        outs = 1 if r["task"] != "multiclass" else len(classes)
        dims = [a.shape[1], *r["hidden"]]; layers = []
        for i, o in zip(dims, dims[1:]): layers += [nn.Linear(i, o), nn.ReLU()]
        m = nn.Sequential(*layers, nn.Linear(dims[-1], outs))
        crit = {"multiclass": nn.CrossEntropyLoss(), "binary": nn.BCEWithLogitsLoss(), "regression": nn.MSELoss()}[r["task"]]
        A, B = torch.tensor(a).float(), torch.tensor(b).float()
        Y = torch.tensor(ya).long() if r["task"] == "multiclass" else torch.tensor(ya).float().reshape(-1, 1)
        opt = torch.optim.Adam(m.parameters(), lr=r["lr"])
        for _ in range(r["epochs"]):
            p = torch.randperm(len(A))
            for i in range(0, len(A), r["batch"]):
                j = p[i:i + r["batch"]]; loss = crit(m(A[j]), Y[j]); opt.zero_grad(); loss.backward(); opt.step()
        with torch.no_grad(): z = m(B).numpy()
        if r["task"] == "multiclass": s = float((z.argmax(1) == yb).mean())
        elif r["task"] == "binary": s = float(((z[:, 0] > 0) == (yb == 1)).mean())
        else: pr = z[:, 0] * ts + tm; s = float(1 - ((pr - yb) ** 2).sum() / ((yb - yb.mean()) ** 2).sum())
        scores.append(s)
    out.append({**r, "metric": "r2" if r["task"] == "regression" else "accuracy", "mean": st.mean(scores), "sd": st.pstdev(scores), "scores": scores})
print(json.dumps(out, indent=1))
