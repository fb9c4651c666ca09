//! `fuzz-examples FOLDER` writes good examples of each target into it, a folder each; without one it lists the targets.

use std::fs;
use std::path::Path;

use linewright_fuzz::targets;

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        for target in targets() {
            println!("{}", target.name);
        }
        return Ok(());
    };
    for target in targets() {
        let folder = Path::new(&folder).join(target.name);
        fs::create_dir_all(&folder)?;
        for (i, example) in (target.examples)().into_iter().enumerate() {
            fs::write(folder.join(format!("example-{i}")), example)?;
        }
    }
    Ok(())
}
