select * from {{ source('files', 'partsupp') }}
