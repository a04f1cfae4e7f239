// Package tarball packs a folder into a gzip tarball for a deploy to Astro.
//
// # Usage
//
// [Dir] packs a folder and [FS] an [fs.FS], such as an [embed.FS]. [File] is for an existing tarball.
// Pass the [Source] to package deploys, which packs DAGs below dags/ and a bundle without a prefix.
// [Source.Pack] creates the tarball without a deploy:
//
//	packed, err := tarball.Dir("./dags", tarball.Ignore("__pycache__/", "*.csv")).Pack(ctx, "dags")
//	...
//	defer packed.Close()
//
// # What is packed
//
// Regular files, directories and symlinks are packed. Anything named .git, at any depth, and anything
// that matches a pattern of [Ignore] is excluded; an excluded directory is not read at all. A .gitignore
// is packed like any other file and has no effect.
//
// A symlink is packed as a symlink, not followed, even if its target does not exist.
//
// # What is an error
//
// The following return an [*Error] with the path:
//
//   - a symlink that is absolute, points outside the folder (directly or through other links), points
//     to something excluded, forms a loop, or has a target that is not UTF-8;
//   - a socket, a named pipe or a device, none of which is ever opened;
//   - anything that cannot be read, and a file whose size or time changes while it is read. Writes
//     through a memory map, writes that restore the old time, and a single write that takes longer
//     than 20 ms go undetected;
//   - a folder without a file or symlink to pack, since deploying it would delete all DAGs: [ErrEmpty],
//     unless [AllowEmpty] is set;
//   - a folder to be packed below dags/ without a .py or .zip file, since it contains no DAG: also
//     [ErrEmpty];
//   - the project folder instead of its dags folder, since the DAGs would end up below dags/dags/. A
//     folder counts as a project if it contains a folder dags that is not excluded, and either no .py
//     or .zip file next to it (other than __init__.py), or a typical file of a project or repository,
//     such as Dockerfile, requirements.txt, pyproject.toml or .git. The option [Prefix] turns this
//     check off;
//   - a tarball of more than 5,000 MiB, the limit for one upload. Packing stops there.
//
// Each directory is opened as an [os.Root]. Even if directories or files are replaced during packing,
// nothing outside the folder and nothing excluded is read. The number of open directories is at most the
// depth of the folder.
//
// # Reproducibility
//
// The same tree and the same time give the same bytes with the same versions of this module and of the
// compressor, github.com/klauspost/compress. Entries are sorted by name, owners are 0, directories and
// executable files have mode 0755, and other files 0644. Windows has no executable bit, so a tree with
// scripts differs there.
//
// All entries have the same time, in whole seconds: the time of packing, because Python, Airflow and dbt
// detect changes by the times of files. To set a different time, such as that of the commit, use the
// option [ModTime] or the environment variable SOURCE_DATE_EPOCH. The option takes precedence.
//
// [Tarball.ContentDigest] tells whether two trees are the same, whenever they were packed. To deploy
// only what changed, store it with each deploy and compare it before the next one. The [Tarball] that was
// packed for the comparison can be deployed itself.
//
// # Resources
//
// Packing makes one pass over the folder. It uses a few megabytes of memory per CPU, for at most eight
// CPUs, plus the names of one directory at a time. The tarball is a temporary file in the directory that
// TMPDIR sets. On Unix, the file is gone even if the process is killed; elsewhere, [Tarball.Close]
// removes it.
package tarball
