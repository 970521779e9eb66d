# Compares the runs that two runs.csv share: how far the final losses of the second are from the
# first's, relative to them. One line; it begins with "not" unless nine in ten runs are shared, all of
# those within `most`, and nine in ten within `usual`.
BEGIN { FS = "," }

FNR == 1 {
    file++
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}

{
    run = $column["init"] "," $column["width"] "," $column["seed"] "," $column["lr"]
    loss = $column["train_loss"]
}

file == 1 {
    losses[run] = loss
    next
}

{
    all++
    if (!(run in losses)) next  # the searches went apart
    shared++
    if (loss !~ /^[0-9]/ || losses[run] !~ /^[0-9]/) {
        # NaN and inf are no numbers to every awk.
        if (loss == losses[run]) close_by++
        else refused++
        next
    }
    off = loss - losses[run]
    if (off < 0) off = -off
    relative = losses[run] > 0 ? off / losses[run] : off
    if (relative > most) refused++
    else if (relative <= usual) close_by++
    if (relative > worst) worst = relative
}

END {
    good = shared > 0 && shared >= 0.9 * all && close_by >= 0.9 * shared && refused == 0
    printf "%s: %d of %d runs shared, %d of them within %g, the worst at %.2g of %g\n",
        good ? "agree" : "not in agreement", shared, all, close_by, usual, worst, most
}
