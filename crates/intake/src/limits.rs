//! What a file may cost. The defaults hold the promise of 256 MB for any content.

/// Limits on one file; every refusal names the limit it met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Size of the file as it arrives.
    pub max_file_bytes: u64,
    /// XLS is held in memory while it is read: its own, lower limit.
    pub max_xls_bytes: u64,
    /// Rows with something in them.
    pub max_rows: u32,
    /// Rightmost column with something in it.
    pub max_columns: u32,
    /// One cell, in bytes of UTF-8. Excel itself stops at 32,767 characters.
    pub max_cell_bytes: usize,
    /// XML that an XLSX or ODS file inflates to, all parts together, counted while inflating.
    pub max_inflated_bytes: u64,
    /// How many times its own size a part may inflate to, once past `ratio_free_bytes`.
    pub max_ratio: u64,
    /// Small parts may compress as well as they like.
    pub ratio_free_bytes: u64,
    /// The table of texts that an XLSX file shares between cells.
    pub max_shared_bytes: u64,
    pub max_shared_strings: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_file_bytes: 50 * 1024 * 1024,
            max_xls_bytes: 32 * 1024 * 1024,
            max_rows: 250_000,
            max_columns: 256,
            max_cell_bytes: 32 * 1024,
            max_inflated_bytes: 400 * 1024 * 1024,
            max_ratio: 100,
            ratio_free_bytes: 24 * 1024 * 1024,
            max_shared_bytes: 64 * 1024 * 1024,
            max_shared_strings: 1_500_000,
        }
    }
}
