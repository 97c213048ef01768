select * from {{ source('files', 'part') }}
