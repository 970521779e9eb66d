//! `report`: the verdicts of a verification, in the page on a run.

use std::fs;

use crate::session::Session;
use crate::session::page::{data, tiny};

const CLAIMS: &str = "\
claim,control,topic,statement,source,study,init,verdict,predicted,measured,tolerance,tolerance_reason,why
one,,Topic <b>,\"Scales as Θ(n^−1).\",the paper,s,A,holds,−1,−1.01,0.1,r,\"</script><script>alert(2)</script>\"
two,,Topic <b>,Says little.,ours,s,A,undecided,0,0.4,0.1,r,wide
three,,Other,Is wrong.,ours,s,B,refuted,0,0.9,0.1,r,outside
wrong,a sign is flipped,Other,Is a control.,ours,s,B,refuted,1,0.9,0.1,r,outside
";

const TESTS: &str = "\
claim,study,init,quantity,gamma_a,gamma_b,predicted,predicted_exact,estimate,lower,upper,smallest_used,largest_used,points_used,all_widths,all_lower,all_upper,corrected,corrected_lower,corrected_upper,log_ratio,log_ratio_lower,log_ratio_upper,verdict,reason
one,s,A,Z_A,-1/2,0,-1.0,-1,-1.0123456789,-1.1,-0.9,1,2,3,,,,,,,,,,holds,inside
three,s,B,loss,,,,,,,,,,,,,,,,,0.9,0.8,1.0,refuted,outside
";

fn verification(session: &Session, dir: &str) {
    fs::create_dir_all(session.path(dir)).expect("a directory");
    fs::write(session.path(&format!("{dir}/claims.csv")), CLAIMS).expect("a file");
    fs::write(session.path(&format!("{dir}/tests.csv")), TESTS).expect("a file");
}

fn has_verdicts(page: &str) -> bool {
    page.contains("<strong>3</strong> claims")
}

#[test]
fn verdicts_are_counted_listed_and_escaped() {
    let (session, _) = tiny();
    verification(&session, "elsewhere");
    session.ok("report out --verify elsewhere --out page.html");
    let page = session.text("page.html");
    assert!(has_verdicts(&page));
    for text in ["1 hold<", "1 undecided<", "1 refuted<", "1 of 1 negative controls are refuted"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(page.contains("Scales as Θ(n<sup>−1</sup>)."));
    assert!(page.contains("a sign is flipped") && page.contains("data-kind=\"control\""));
    assert!(page.contains("&lt;/script&gt;&lt;script&gt;alert(2)"));
    assert_eq!(page.matches("</script>").count(), 5);
    let tests = data(&page, "data-tests");
    assert_eq!(tests["one"][0]["rates"], "-1/2; 0");
    assert_eq!(tests["one"][0]["estimate"], -1.0123);
    // A comparison's log ratio of 0.9 as a ratio, like its claim's.
    assert_eq!(tests["three"][0]["quantity"], "loss ratio");
    assert_eq!(tests["three"][0]["estimate"], 2.4596);
    assert_eq!(tests["three"][0]["lower"], 2.2255);
}

#[test]
fn a_control_that_holds_and_uncommitted_changes_are_said() {
    let (session, _) = tiny();
    verification(&session, "elsewhere");
    let manifest = r#"{"engine": "CPU", "git_commit": "0123456789abcdef", "git_dirty": true}"#;
    fs::write(session.path("elsewhere/manifest.json"), manifest).expect("a file");
    let claims = CLAIMS.replace("Is a control.,ours,s,B,refuted", "Is a control.,ours,s,B,holds");
    assert!(claims != CLAIMS);
    fs::write(session.path("elsewhere/claims.csv"), claims).expect("a file");
    session.ok("report out --verify elsewhere --out page.html");
    let page = session.text("page.html");
    assert!(page.contains("commit 0123456789 with uncommitted changes"));
    assert!(
        page.contains("<strong>1 of 1</strong> negative controls is not refuted, but all must")
    );
    assert!(!page.contains("are refuted, as all must be"));
}

#[test]
fn verdicts_are_looked_for_in_the_run_then_beside_it() {
    let session = Session::new();
    session.ok("run tiny.toml --out runs/out");
    let shows = |why: &str| {
        session.ok("report runs/out");
        (session.text("runs/out/report.html"), why.to_owned())
    };
    let (page, _) = shows("nothing is there");
    assert!(
        !has_verdicts(&page) && page.contains("<code>cargo run -p width-sweep -- verify</code>")
    );
    for dir in ["runs/verify-quick", "runs/verify", "runs/out"] {
        verification(&session, dir);
        let (page, dir) = shows(dir);
        assert!(has_verdicts(&page), "{dir}");
        if dir == "runs/verify" {
            // It comes before the quick one.
            fs::write(session.path("runs/verify-quick/claims.csv"), "spoilt\nrow\n")
                .expect("a file");
        }
    }
    let output = session.call("report runs/out --verify runs/verify-quick");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .starts_with("error: runs/verify-quick/claims.csv: ")
    );
}
